//! `cargo xtask test compose`: the shop in containers, built, visited, looked at, stopped and started.

mod containers;
mod inspection;

use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use anyhow::{Context, ensure};

pub(crate) use self::containers::Compose;
use crate::{http, run::run, sdk::sdk, test::visit};

/// Where the test's shop is, beside one that a developer may have open.
const EDGE_PORT: u16 = 18080;
const SITE_PORT: u16 = 13000;

/// The table of who signed up.
const ACCOUNTS: &str = "\"user\"";

/// Builds the images, opens the shop, and takes everything away at the end. What it measures is
/// printed.
pub(crate) fn test() -> anyhow::Result<()> {
    let mut compose = Compose::find("terrace-test", EDGE_PORT, SITE_PORT)?;
    understands_every_file(&compose)?;
    let built = timed(|| run(&mut compose.command(&["build"])))?;
    let opened = timed(|| compose.open())?;
    inspection::inspect(&compose)?;
    let data = scratch()?;
    let accounts = compose.demo_accounts()?;
    fs::write(data.join("demo-accounts.json"), &accounts)?;
    visit_shop(&data)?;
    let people = compose.count("users", ACCOUNTS)?;
    ensure!(people > 3, "the visitors' accounts are not in PostgreSQL");
    let memory = compose.memory()?;

    run(&mut compose.command(&["down"]))?;
    let reopened = timed(|| compose.open())?;
    ensure!(
        compose.demo_accounts()? == accounts,
        "down and up made other accounts"
    );
    ensure!(
        compose.count("users", ACCOUNTS)? == people,
        "down and up lost accounts: there were {people}"
    );
    visit_shop(&data)?;

    // The same shop and its data, whose services know each other by certificates now, and whose edge gives clients away.
    sdk(&["typescript".to_owned()])?;
    run(&mut compose.command(&["down"]))?;
    compose.read(&[
        "docker-compose.yml",
        "docker-compose.mtls.yml",
        "docker-compose.sdks.yml",
    ]);
    let secured = timed(|| compose.open())?;
    visit_shop(&data)?;
    let document = http::get(EDGE_PORT, "/v1/openapi.json")?;
    ensure!(
        document.contains("](/v1/sdks/typescript)"),
        "the edge gives no client away"
    );
    fs::remove_dir_all(&data)?;

    println!("\nImages, without their base:\n{}", inspection::sizes()?);
    println!("\nMemory and CPU after the visits:\n{memory}");
    println!(
        "\nBuilt in {} s; from up to ready {:.1} s, on data that was there {:.1} s, with mutual TLS {:.1} s.",
        built.as_secs(),
        opened.as_secs_f64(),
        reopened.as_secs_f64(),
        secured.as_secs_f64()
    );
    Ok(())
}

/// The files that a plain `up` does not read whole are well-formed, too.
fn understands_every_file(compose: &Compose) -> anyhow::Result<()> {
    run(&mut compose.command(&["--profile", "observe", "config", "--quiet"]))?;
    let example = "docker-compose.override.example.yml";
    run(&mut compose.command(&["--file", example, "config", "--quiet"]))?;
    Ok(())
}

fn visit_shop(data: &Path) -> anyhow::Result<()> {
    visit(
        &format!("http://localhost:{EDGE_PORT}"),
        &format!("http://localhost:{SITE_PORT}"),
        data,
    )
}

fn timed(act: impl FnOnce() -> anyhow::Result<()>) -> anyhow::Result<Duration> {
    let started = Instant::now();
    act()?;
    Ok(started.elapsed())
}

/// A folder for this run.
fn scratch() -> anyhow::Result<PathBuf> {
    let folder = std::env::temp_dir().join(format!("terrace-compose-{}", std::process::id()));
    fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
    Ok(folder)
}

/// The names in a folder, sorted.
fn names(folder: &Path) -> anyhow::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        names.push(entry?.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    Ok(names)
}
