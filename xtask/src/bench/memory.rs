//! Whether the edge's memory grows: 10,000 clients ask for 10,000 answers that are kept, again and again,
//! for minutes.

use std::fs;

use anyhow::ensure;

use super::{Bench, edge::ours::Programs, figure, folder::Folder, process::memory_mib, wrk};
use crate::shop::free_ports;

/// What it may have at most, in MiB.
const LIMIT: f64 = 64.0;

/// By how much the last third of the time may be above the one before.
const FLAT: f64 = 1.03;

/// Each client asks for an answer of its own, by the address that a proxy in front would tell.
const SCRIPT: &str = r#"
local n = 0
request = function()
  n = (n + 1) % 10000
  wrk.headers["X-Forwarded-For"] = string.format("10.0.%d.%d", n / 100, n % 100)
  return wrk.format("GET", "/v1/kept/" .. n)
end
"#;

/// Once, whatever `--runs` says.
pub(super) fn bench(bench: &Bench) -> anyhow::Result<()> {
    ensure!(bench.minutes >= 3, "less than 3 minutes tell nothing");
    let programs = Programs::build()?;
    let [behind, port, admin] = free_ports::<3>()?;
    let folder = Folder::new("memory")?;
    let (_upstream, _) = programs.upstream(behind)?;
    let settings = [("EDGE__PROXIES", "1")];
    let edge = programs.edge(folder.path(), [port, admin, behind], &settings)?;
    let script = folder.path().join("clients.lua");
    fs::write(&script, SCRIPT)?;

    let mut rows = Vec::new();
    let mut resident = Vec::new();
    for minute in 1..=bench.minutes {
        let url = format!("http://localhost:{port}/v1/kept/0");
        let load = wrk::scripted(&url, &script, 60)?;
        let (now, _) = memory_mib(edge.id())?;
        println!("minute {minute}: {now:.1} MiB");
        rows.push(vec![
            minute.to_string(),
            format!("{now:.1} MiB"),
            format!("{:.0}", load.answers),
        ]);
        resident.push(now);
    }

    figure::print(
        "Edge: resident memory with 10,000 clients and 10,000 kept answers of 1 KiB",
        &["minute", "resident", "answers"],
        &rows,
    );
    let highest = |them: &[f64]| them.iter().copied().fold(0.0, f64::max);
    let third = resident.len() / 3;
    let (before, last) = resident.split_at(resident.len() - third);
    let (before, last) = (highest(&before[before.len() - third..]), highest(last));
    let is_flat = last <= before * FLAT;
    println!(
        "\n{}: {before:.1} MiB in the second third, {last:.1} MiB in the last; the limit is {LIMIT} MiB",
        if is_flat { "Flat" } else { "Not flat" },
    );
    ensure!(
        is_flat && last <= LIMIT,
        "the edge takes more and more, or too much"
    );
    Ok(())
}
