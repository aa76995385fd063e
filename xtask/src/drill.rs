//! `cargo xtask drill`: takes parts of a shop of many processes away while shoppers buy, and checks
//! that it kept its word. The shoppers, and what they check, are the example of this name.

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Stdio},
    sync::atomic::AtomicBool,
    time::Duration,
};

use anyhow::{Context, bail, ensure};
use clap::Subcommand;
use serde::Deserialize;

use crate::{
    http,
    run::{cargo, command, root, run},
    up::{Shop, Up},
};

/// How many shoppers buy all the time.
const SHOPPERS: u32 = 6;

/// How long shoppers are left alone between two faults: longer than a process takes to come back.
const CALM: Duration = Duration::from_millis(2500);

/// How long a process is paused: longer than the lease of an order's driver.
const PAUSED: Duration = Duration::from_secs(15);

/// How long a process may take until it is ready and used again.
const BACK: Duration = Duration::from_secs(60);

/// What happens to the shop.
#[derive(Clone, Copy, Subcommand)]
pub(crate) enum Drill {
    /// Kills every process in turn, PostgreSQL and Redis too, and pauses one of two `orders` for
    /// longer than its leases last.
    Kill,
    /// Restarts both replicas of every service behind the edge in turn; no request may fail.
    Rolling,
}

/// Both drills.
pub(crate) fn all() -> anyhow::Result<()> {
    Drill::Kill.run()?;
    Drill::Rolling.run()
}

impl Drill {
    /// Opens a shop, runs the drill, and says what it came to.
    pub(crate) fn run(self) -> anyhow::Result<()> {
        let shoppers = build()?;
        let data = std::env::temp_dir().join(format!("terrace-drill-{}", std::process::id()));
        let drilled = self.run_in(&data, &shoppers);
        let _ = std::fs::remove_dir_all(data);
        drilled
    }

    fn run_in(self, data: &Path, shoppers: &Path) -> anyhow::Result<()> {
        let twice: &[&str] = match self {
            Self::Kill => &["orders"],
            Self::Rolling => &["users", "catalog", "orders", "payments"],
        };
        let mut shop = Up::for_tests(data, twice).open(&AtomicBool::new(false))?;
        let shoppers = Shoppers::enter(shoppers, &shop, data)?;
        match self {
            Self::Kill => kill(&mut shop)?,
            Self::Rolling => rolling(&mut shop)?,
        }
        let told = shoppers.leave()?;
        ensure!(!told.owed.is_empty(), "nothing was ordered");
        let (charged, orders) = (charged(&shop)?, told.owed.len());
        ensure!(
            charged == told.owed,
            "what is charged is not what was ordered: {charged:?}, {:?}",
            told.owed
        );
        println!(
            "\n{orders} orders acknowledged: each is confirmed and charged once, stock is right."
        );
        println!(
            "Requests that failed and were repeated: {}.",
            told.failed.len()
        );
        match (self, told.failed.first()) {
            (Self::Rolling, Some(first)) => bail!("a request failed: {first}"),
            _ => Ok(()),
        }
    }
}

fn kill(shop: &mut Shop) -> anyhow::Result<()> {
    let mut names: Vec<_> = shop.processes().into_iter().map(|(name, _)| name).collect();
    names.extend(["postgres", "redis"].map(str::to_owned));
    for name in names {
        shop.pass(CALM, || false)?;
        println!("{name} is killed");
        shop.signal(&name, "-KILL")?;
    }
    shop.pass(CALM, || false)?;
    println!("orders-2 is paused");
    shop.signal("orders-2", "-STOP")?;
    shop.pass(PAUSED, || false)?;
    println!("orders-2 goes on");
    shop.signal("orders-2", "-CONT")?;
    shop.pass(CALM, || false)?;
    Ok(())
}

fn rolling(shop: &mut Shop) -> anyhow::Result<()> {
    let mut names = shop.processes();
    // These have one process each: people know their ports.
    names.retain(|(name, _)| !["edge", "site"].contains(&name.as_str()));
    for (name, admin) in names {
        println!("{name} is restarted");
        shop.restart(&name)?;
        // Not before all who call it do so again, or their breakers would leave nobody to call.
        let all = shop.processes();
        let back = || {
            http::get(admin, "/readyz").is_ok() && all.iter().all(|(_, admin)| calls_all(*admin))
        };
        ensure!(shop.pass(BACK, back)?, "{name} is not back");
    }
    Ok(())
}

/// Whether a process leaves none of its upstreams' endpoints alone.
fn calls_all(admin: u16) -> bool {
    let Ok(metrics) = http::get(admin, "/metrics") else {
        return false;
    };
    let endpoints = metrics
        .lines()
        .filter(|line| line.starts_with("upstream_endpoints{"));
    endpoints
        .filter(|line| !line.contains("state=\"closed\""))
        .all(|line| line.ends_with(" 0"))
}

/// What the card network took for each order and did not give back, in minor units.
fn charged(shop: &Shop) -> anyhow::Result<BTreeMap<String, i64>> {
    let sql = "select order_id, sum(case kind when 'capture' then amount else -amount end)
               from ledger group by order_id
               having sum(case kind when 'capture' then amount else -amount end) <> 0";
    let rows = shop.query("payments", sql)?;
    let row = |line: &str| {
        let (order, amount) = line.split_once('|').context("two columns")?;
        Ok((order.to_owned(), amount.parse()?))
    };
    rows.lines().map(row).collect()
}

/// The built program of the shoppers.
fn build() -> anyhow::Result<PathBuf> {
    let example = [
        "build",
        "--quiet",
        "--package",
        "terrace",
        "--example",
        "drill",
    ];
    run(&mut cargo(&example))?;
    Ok(root().join("target/debug/examples/drill"))
}

/// Signed-in shoppers who buy. They leave when this is dropped.
struct Shoppers {
    process: Child,
    lines: BufReader<ChildStdout>,
}

/// What shoppers know in the end.
#[derive(Deserialize)]
struct Told {
    /// What each order that they know of owes, in minor units.
    owed: BTreeMap<String, i64>,
    /// Each request that failed, as often as it did.
    failed: Vec<String>,
}

impl Shoppers {
    fn enter(program: &Path, shop: &Shop, data: &Path) -> anyhow::Result<Self> {
        let mut process = command(&program.display().to_string(), &[&shop.api()])
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
    fn leave(mut self) -> anyhow::Result<Told> {
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
