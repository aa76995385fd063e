//! `cargo xtask test`: everything that a submission must pass, and a plain summary at the end.

use std::time::Instant;

use crate::run::run;

/// The checks, in order: what fails fast comes first.
const CHECKS: &[(&str, &str)] = &[
    ("formatting", "cargo fmt --all --check"),
    (
        "lints",
        "cargo clippy --workspace --all-targets --quiet -- -D warnings",
    ),
    ("tests", "cargo test --workspace --quiet"),
];

/// Runs every check; stops at the first that fails.
pub(crate) fn all() -> anyhow::Result<()> {
    let started = Instant::now();
    let mut passed = Vec::new();
    for (name, line) in CHECKS {
        run(line)?;
        passed.push(*name);
    }
    println!("\nAll passed in {} s:", started.elapsed().as_secs());
    for name in passed {
        println!("  {name}");
    }
    println!("{} passed, 0 failed", CHECKS.len());
    Ok(())
}
