//! Shoppers who buy as fast as they are served: the example of this name, driven by its standard
//! input and output.

use std::{
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, ChildStdout, Command, Stdio},
};

use anyhow::Context;
use serde::Deserialize;

use super::release;

/// Signed-in shoppers, waiting for a round. They leave when this is dropped.
pub(super) struct Shoppers {
    process: Child,
    lines: BufReader<ChildStdout>,
}

/// What a round of shopping came to.
#[derive(Deserialize)]
pub(super) struct Round {
    /// Orders that were answered as confirmed.
    pub(super) orders: f64,
    /// From the first request to the last answer.
    pub(super) seconds: f64,
    /// The median time of a checkout.
    pub(super) p50_ms: f64,
    /// What 99 of 100 checkouts took at most.
    pub(super) p99_ms: f64,
}

impl Shoppers {
    /// Signs up so many shoppers at the edge behind `port` and fills the shelves.
    pub(super) fn enter(port: u16, accounts: &Path, count: u32) -> anyhow::Result<Self> {
        let mut process = Command::new(release("--example", "shoppers")?)
            .arg(format!("http://localhost:{port}"))
            .arg(accounts)
            .arg(count.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("the shoppers cannot be started")?;
        let stdout = process.stdout.take().context("it was piped")?;
        let mut shoppers = Self {
            process,
            lines: BufReader::new(stdout),
        };
        shoppers.line()?;
        Ok(shoppers)
    }

    /// Lets all of them buy for so long.
    pub(super) fn buy(&mut self, seconds: u64) -> anyhow::Result<Round> {
        let stdin = self.process.stdin.as_mut().context("it was piped")?;
        writeln!(stdin, "{seconds}")?;
        let line = self.line()?;
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
