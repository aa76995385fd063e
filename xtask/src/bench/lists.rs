//! Every list of the catalog and of orders on both databases, each with many more rows than a page:
//! its latency, and the indexes by which its rows were found.
//!
//! The stores answer in process, PostgreSQL over loopback from a server of its own. A list that
//! reads a table without an index, sorts more than a page or reads more than it lists fails the
//! bench, but for those that say so in `services/*/examples/shared/lists.rs`.

use std::process::{Command, Stdio};

use anyhow::{Context, bail};
use serde::Deserialize;

use super::{Bench, figure, release};
use crate::needs;

/// The examples that ask for all lists of a service, what there is many of, and how many.
const SHOPS: [(&str, &str, &str, u32); 2] = [
    ("catalog", "product_lists", "products", 100_000),
    ("orders", "order_lists", "orders", 1_000_000),
];

/// What an example says of a list.
#[derive(Deserialize)]
struct Report {
    name: String,
    rows: u64,
    p50_ms: f64,
    p95_ms: f64,
    plan: String,
    read: u64,
    faults: Vec<String>,
}

/// Once, whatever `--runs` says: it takes minutes, and its figures are of up to 200 repetitions.
pub(super) fn bench(_: &Bench) -> anyhow::Result<()> {
    needs::postgres()?;
    let mut faults = Vec::new();
    for (package, example, what, count) in SHOPS {
        let program = release("--example", example)?;
        for (database, name) in [("sqlite", "SQLite"), ("postgres", "PostgreSQL")] {
            let output = Command::new(&program)
                .args([database, &count.to_string()])
                .stderr(Stdio::inherit())
                .output()
                .with_context(|| format!("{example} cannot be started"))?;
            if !output.status.success() {
                bail!("{example} failed: {}", output.status);
            }
            let lines = str::from_utf8(&output.stdout)?.lines();
            let measured: Vec<Report> = lines
                .map(|line| serde_json::from_str(line).with_context(|| line.to_owned()))
                .collect::<Result<_, _>>()?;
            figure::print(
                &format!("Lists: {count} {what} in {name}"),
                &["list", "rows", "p50 ms", "p95 ms", "reads", "by"],
                &measured.iter().map(row).collect::<Vec<_>>(),
            );
            for Report {
                name: list,
                faults: of,
                ..
            } in measured
            {
                faults.extend(
                    of.iter()
                        .map(|fault| format!("{name}, {package}: {list} {fault}")),
                );
            }
        }
    }
    if !faults.is_empty() {
        bail!(
            "not every list is found by an index:\n{}",
            faults.join("\n")
        );
    }
    Ok(())
}

fn row(report: &Report) -> Vec<String> {
    vec![
        report.name.clone(),
        report.rows.to_string(),
        format!("{:.2}", report.p50_ms),
        format!("{:.2}", report.p95_ms),
        report.read.to_string(),
        report.plan.clone(),
    ]
}
