//! Who buys meanwhile. The people of drills are programs in `xtask/shoppers`, a package of its own: they use the client in Rust,
//! which is made first.

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Stdio},
};

use anyhow::{Context, bail, ensure};
use serde::Deserialize;

use crate::{
    run::{cargo, run},
    sdk,
};

const MANIFEST: &str = "xtask/shoppers/Cargo.toml";

/// How many shoppers buy all the time.
const SHOPPERS: u32 = 6;

/// A program of `xtask/shoppers`, built.
pub(crate) fn build(program: &str) -> anyhow::Result<PathBuf> {
    sdk::sdk(&["rust".to_owned()])?;
    run(&mut people("build"))?;
    Ok(sdk::built().join("debug").join(program))
}

/// What Cargo does with all of them, once the client is there.
pub(crate) fn people(subcommand: &str) -> Command {
    let mut people = cargo(&[subcommand, "--quiet", "--manifest-path", MANIFEST]);
    people.env("CARGO_TARGET_DIR", sdk::built());
    people
}

/// Fails where one of them is not formatted. Cargo reads the client's manifest for that, so it is made here too.
pub(crate) fn are_formatted() -> anyhow::Result<()> {
    sdk::sdk(&["rust".to_owned()])?;
    run(people("fmt").arg("--check"))
}

/// Fails where the client in Rust does not suit them, or clippy has something to say.
pub(crate) fn are_linted() -> anyhow::Result<()> {
    sdk::sdk(&["rust".to_owned()])?;
    run(&mut lint())
}

/// What says so, where the client is there already.
pub(crate) fn lint() -> Command {
    let mut lint = people("clippy");
    lint.args(["--all-targets", "--", "--deny", "warnings"]);
    lint
}

/// Signed-in shoppers who buy. They leave when this is dropped.
pub(crate) struct Shoppers {
    process: Child,
    lines: BufReader<ChildStdout>,
}

/// What shoppers know in the end.
#[derive(Deserialize)]
pub(crate) struct Report {
    /// What each order that they know of owes, in minor units.
    pub(crate) owed: BTreeMap<String, i64>,
    /// Each request that failed, as often as it did.
    pub(crate) failed: Vec<String>,
}

impl Shoppers {
    /// By the program that was built, or by one that runs it, to the addresses of the API and of the
    /// pages.
    pub(crate) fn enter(
        program: &mut Command,
        api: &str,
        site: &str,
        data: &Path,
    ) -> anyhow::Result<Self> {
        let mut process = program
            .args([api, site])
            .arg(data.join("demo-accounts.json"))
            .arg(SHOPPERS.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("the shoppers cannot be started")?;
        let lines = BufReader::new(process.stdout.take().context("it was piped")?);
        let mut shoppers = Self { process, lines };
        match shoppers.line()?.as_str() {
            "ready\n" => Ok(shoppers),
            _ => bail!("the shoppers could not enter"),
        }
    }

    /// Lets them finish, and check what they can see.
    pub(crate) fn leave(mut self) -> anyhow::Result<Report> {
        let stdin = self.process.stdin.as_mut().context("it was piped")?;
        writeln!(stdin, "enough")?;
        let line = self.line()?;
        ensure!(
            self.process.wait()?.success(),
            "the shop did not keep its word"
        );
        serde_json::from_str(&line).with_context(|| format!("the shoppers said {line:?}"))
    }

    fn line(&mut self) -> anyhow::Result<String> {
        let mut line = String::new();
        self.lines.read_line(&mut line)?;
        Ok(line)
    }
}

impl Drop for Shoppers {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
