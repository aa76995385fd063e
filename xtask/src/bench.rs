//! `cargo xtask bench`: what the shop costs, measured on this machine by anybody who asks.
//!
//! Every figure is the median of several runs with the lowest and the highest beside it, of the
//! release build, over loopback. What is compared is measured in turns, so that whatever else the
//! machine does meanwhile meets all sides alike. Linux only: CPU time and memory are read from
//! `/proc`.

mod account;
mod build;
mod catalog;
mod checkout;
mod edge;
mod figure;
mod folder;
mod lists;
mod machine;
mod memory;
mod peer;
mod process;
mod shoppers;
mod start;
mod ways;
mod wrk;

use std::path::PathBuf;

use anyhow::{Context, bail};
use clap::Args;

use crate::{
    functions,
    run::{cargo, root, run},
};

/// What to measure, and how long.
#[derive(Args)]
pub(crate) struct Bench {
    /// Names: start, edge, catalog, checkout, edge-memory, ways, lists, build, functions; the first four when none is given.
    names: Vec<String>,
    /// How many runs make a figure.
    #[arg(long, default_value_t = 3)]
    runs: usize,
    /// How long a run under load takes, in seconds.
    #[arg(long, default_value_t = 5)]
    seconds: u64,
    /// How long `edge-memory` watches, in minutes.
    #[arg(long, default_value_t = 15)]
    minutes: usize,
}

/// A bench by name, and whether it runs unasked.
type Named = (&'static str, fn(&Bench) -> anyhow::Result<()>, bool);

const BENCHES: &[Named] = &[
    ("start", start::bench, true),
    ("edge", edge::bench, true),
    ("catalog", catalog::bench, true),
    ("checkout", checkout::bench, true),
    // Minutes long.
    ("edge-memory", memory::bench, false),
    ("ways", ways::bench, false),
    ("lists", lists::bench, false),
    ("build", build::bench, false),
    ("functions", |bench| functions::bench(bench.runs), false),
];

/// Runs the benches of these names.
pub(crate) fn bench(bench: &Bench) -> anyhow::Result<()> {
    let is_known = |name: &&String| BENCHES.iter().any(|(known, ..)| known == name);
    if let Some(unknown) = bench.names.iter().find(|name| !is_known(name)) {
        let known: Vec<&str> = BENCHES.iter().map(|(name, ..)| *name).collect();
        bail!("{unknown} is no bench; known: {}", known.join(", "));
    }
    if bench.runs == 0 || bench.seconds == 0 {
        bail!("at least one run of at least one second makes a figure");
    }
    machine::print();
    for (name, measure, unasked) in BENCHES {
        let named = bench.names.iter().any(|wanted| wanted == name);
        if named || (bench.names.is_empty() && *unasked) {
            measure(bench).with_context(|| format!("{name} failed"))?;
        }
    }
    Ok(())
}

/// A program or example, built for release. The whole workspace says which features of dependencies
/// are on: each package alone would have them compiled anew.
fn release(kind: &str, name: &str) -> anyhow::Result<PathBuf> {
    let build = ["build", "--quiet", "--release", "--workspace", kind, name];
    run(&mut cargo(&build))?;
    let folder = root().join("target/release");
    Ok(match kind {
        "--example" => folder.join("examples").join(name),
        _ => folder.join(name),
    })
}

/// The shop's program.
fn terrace() -> anyhow::Result<PathBuf> {
    release("--bin", "terrace")
}
