//! From a clone to a program: `cargo build` from nothing, as `cargo run` does it.

use std::{process::Stdio, time::Instant};

use anyhow::{Context, bail};

use super::{Bench, figure};
use crate::run::cargo;

/// Once, whatever `--runs` says: it takes minutes.
pub(super) fn bench(_: &Bench) -> anyhow::Result<()> {
    // Downloads are the network's time, not the compiler's.
    crate::run::run(&mut cargo(&["fetch", "--quiet", "--locked"]))?;
    let target = std::env::temp_dir().join(format!("terrace-build-{}", std::process::id()));
    let started = Instant::now();
    let build = cargo(&["build", "--locked", "--target-dir"])
        .arg(&target)
        .stdin(Stdio::null())
        .output()
        .context("cargo cannot be started")?;
    let spent = started.elapsed().as_secs_f64();
    let _ = std::fs::remove_dir_all(&target);

    let report = String::from_utf8_lossy(&build.stderr);
    if !build.status.success() {
        bail!("cargo build failed:\n{report}");
    }
    let crates = report
        .lines()
        .filter(|line| line.trim().starts_with("Compiling "));
    figure::print(
        "Build: `cargo build` into an empty target directory, sources already fetched",
        &["figure", "here"],
        &[
            vec!["time".into(), format!("{spent:.0} s")],
            vec!["crates compiled".into(), crates.count().to_string()],
        ],
    );
    Ok(())
}
