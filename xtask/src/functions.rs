//! The services as functions of AWS Lambda, each behind the emulator of Lambda's runtime interface, over a PostgreSQL of
//! their own. `cargo xtask test functions`: requests, batches, schedules, and functions that are ended.
//! `cargo xtask bench functions`: what they cost.

use std::{fs, path::Path, process::Command};

use anyhow::ensure;

use crate::{
    needs,
    run::{cargo, command, output, root, run},
    services::owners,
    shop::Shop,
    up::ScratchPostgres,
};

/// What has to be built: each service is a function by its own feature.
fn features() -> String {
    let features = owners().into_iter().map(|owner| format!("{owner}/lambda"));
    features.collect::<Vec<_>>().join(",")
}

pub(crate) fn test() -> anyhow::Result<()> {
    let features = features();
    let workspace = ["--quiet", "--workspace", "--features", &features];
    one_crypto_provider(&features)?;
    run(cargo(&["build"]).args(workspace).arg("--bins"))?;
    let tests = ["--lib", "--test", "unit", "--", "lambda", "function"];
    run(cargo(&["test"]).args(workspace).args(tests))?;
    let pytest = ["-m", "pytest", "--quiet", "-p", "no:cacheprovider"];
    let arguments = [&pytest[..], &["xtask/functions"]].concat();
    with_functions("debug", &arguments, |_| {})
}

/// Measures so many starts of each function, built for release, and the shop in one process beside them.
pub(crate) fn bench(runs: usize) -> anyhow::Result<()> {
    let build = ["build", "--quiet", "--release", "--workspace", "--bins"];
    run(cargo(&build).args(["--features", &features()]))?;
    let shop = Shop::start(&root().join("target/release/terrace"))?;
    let arguments = ["xtask/functions/measure.py", &runs.to_string()];
    with_functions("release", &arguments, |measure| {
        measure
            .env("SHOP_API", shop.api())
            .env("SHOP_ACCOUNTS", shop.accounts())
            .env("SHOP_PROCESS", shop.id().to_string());
    })
}

/// Runs Python with what it needs to start the functions of this profile, and what else `tell` says to it.
fn with_functions(
    profile: &str,
    arguments: &[&str],
    tell: impl FnOnce(&mut Command),
) -> anyhow::Result<()> {
    let python = needs::python::pytest()?;
    let emulator = needs::lambda_emulator()?;
    needs::postgres()?;
    let folder = std::env::temp_dir().join(format!("terrace-functions-{}", std::process::id()));
    let mut work = command(&python.to_string_lossy(), arguments);
    tell(&mut work);
    let ran = run_in(&folder, profile, &emulator, work);
    match &ran {
        Ok(()) => fs::remove_dir_all(&folder)?,
        Err(_) => eprintln!("what the functions said is in {}", folder.display()),
    }
    ran
}

fn run_in(folder: &Path, profile: &str, emulator: &Path, mut work: Command) -> anyhow::Result<()> {
    // The functions make their tables themselves.
    let none = folder.join("none");
    fs::create_dir_all(&none)?;
    let mut postgres = ScratchPostgres::start(&folder.join("postgres"))?;
    let key = "openssl genpkey -algorithm ed25519 -outform der | openssl base64 -A";
    let signing = output(&mut command("sh", &["-c", key]))?;
    for owner in owners() {
        let url = postgres.database(owner, &none)?;
        work.env(
            format!("TERRACE_TEST_DATABASE_{}", owner.to_uppercase()),
            url,
        );
    }
    run(work
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("TERRACE_TEST_RIE", emulator)
        .env("TERRACE_TEST_PROGRAMS", root().join("target").join(profile))
        .env("TERRACE_TEST_LOGS", folder)
        .env("TERRACE_TEST_SIGNING_KEY", signing.trim()))
}

/// What the features add brings no other cryptography along.
fn one_crypto_provider(features: &str) -> anyhow::Result<()> {
    let tree = ["tree", "--workspace", "--features", features];
    let tree = output(cargo(&tree).args(["--edges", "normal", "--prefix", "none"]))?;
    for banned in [
        "ring v",
        "openssl v",
        "openssl-sys v",
        "native-tls v",
        "rsa v",
    ] {
        let found = tree.lines().find(|line| line.starts_with(banned));
        ensure!(found.is_none(), "functions bring {found:?}");
    }
    Ok(())
}
