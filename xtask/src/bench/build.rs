//! From a clone to an open shop: `cargo build` from nothing, and then the first start, which builds the
//! storefront.

use std::{process::Stdio, time::Instant};

use anyhow::{Context, bail};

use super::{Bench, figure, folder::Folder};
use crate::{
    run::{cargo, command, run},
    shop::Shop,
};

/// Once, whatever `--runs` says: it takes minutes. What is not committed is not in the clone.
pub(super) fn bench(_: &Bench) -> anyhow::Result<()> {
    // Downloads are the network's time, not the compiler's. npm's are counted: its cache may be
    // empty, and then they are part of what a visitor waits for.
    run(&mut cargo(&["fetch", "--quiet", "--locked"]))?;
    let folder = Folder::new("clone")?;
    let clone = folder.path();
    let to = clone.display().to_string();
    run(&mut command("git", &["clone", "--quiet", ".", &to]))?;

    let started = Instant::now();
    let build = cargo(&["build", "--locked"])
        .current_dir(clone)
        .env("CARGO_TARGET_DIR", clone.join("target"))
        .stdin(Stdio::null())
        .output()
        .context("cargo cannot be started")?;
    let built = started.elapsed();

    let report = String::from_utf8_lossy(&build.stderr);
    if !build.status.success() {
        bail!("cargo build failed:\n{report}");
    }
    let crates = report
        .lines()
        .filter(|line| line.trim().starts_with("Compiling "));
    let shop = Shop::start_in(clone, &clone.join("target/debug/terrace"))?;
    let opened = shop.opened();
    drop(shop);
    figure::print(
        "Build: from a clone to an open shop, crates already downloaded",
        &["figure", "here"],
        &[
            vec![
                "`cargo build` from nothing".into(),
                format!("{:.0} s", built.as_secs_f64()),
            ],
            vec!["crates compiled".into(), crates.count().to_string()],
            vec![
                "first start, which builds the storefront".into(),
                format!("{:.0} s", opened.as_secs_f64()),
            ],
            vec![
                "clean clone to open shop".into(),
                format!("{:.0} s", (built + opened).as_secs_f64()),
            ],
        ],
    );
    Ok(())
}
