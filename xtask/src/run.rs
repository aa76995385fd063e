//! Running other programs.

use std::{path::Path, process::Command};

use anyhow::{Context, bail};

/// The workspace's folder.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("xtask is a folder of the workspace")
}

/// Runs a command line in the workspace's folder; its failure is ours.
pub(crate) fn run(line: &str) -> anyhow::Result<()> {
    let mut words = line.split_whitespace();
    let program = words.next().context("a command line has a program")?;
    eprintln!("\n$ {line}");
    let status = Command::new(program)
        .args(words)
        .current_dir(root())
        .status();
    let status = status.with_context(|| format!("{program} cannot be started"))?;
    if !status.success() {
        bail!("`{line}` failed: {status}");
    }
    Ok(())
}
