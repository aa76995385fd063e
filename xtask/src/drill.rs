//! `cargo xtask drill`: takes parts of a shop of many processes away while shoppers buy, and checks
//! that it kept its word. The shoppers, and what they check, are programs in `xtask/shoppers`.

mod certificates;
mod hostile;
mod leaving;
mod people;
mod previous;
pub(crate) mod shoppers;
mod stages;

use std::{collections::BTreeMap, path::Path, sync::atomic::AtomicBool, time::Duration};

use anyhow::{Context, bail, ensure};
use clap::Subcommand;

use self::{previous::Previous, shoppers::Shoppers};
use crate::{
    http,
    run::command,
    services::{names, owners},
    up::{Shop, Up},
};

/// How long shoppers are left alone between two faults: longer than a process takes to come back.
const CALM: Duration = Duration::from_millis(2500);

/// How long a process is paused: longer than the lease of an order's driver, and than anybody waits
/// for an answer.
const PAUSED: Duration = Duration::from_secs(15);

/// Whom the shoppers of a drill make somebody ask, all the time: whoever is used again has answered. Of others nobody may want
/// anything while shoppers buy.
const ASKED: [&str; 6] = ["users", "catalog", "orders", "payments", "edge", "site"];

/// How long a process may take until it is ready and used again.
const BACK: Duration = Duration::from_secs(60);

/// What happens to the shop.
#[derive(Subcommand)]
pub(crate) enum Drill {
    /// Kills every process in turn, PostgreSQL and Redis too, and pauses one of two `orders` for
    /// longer than its leases last, and `payments` for longer than `orders` waits for it.
    Kill,
    /// Restarts both replicas of everything in turn; no request may fail.
    Rolling {
        /// Opens the shop as this revision of git has it, and replaces each process by what is
        /// here: two versions on one database, migrated while the older works.
        #[arg(long, value_name = "REVISION")]
        from: Option<String>,
    },
    /// Renews the certificates by which services know each other several times; no request may fail, and
    /// nobody else reaches a service.
    Certificates,
    /// Kills what has a part in it, while people delete their accounts; then nothing of them is in any database, nor
    /// in what Redis was told.
    Leaving,
    /// Serves one stage and another each second, where no request may fail; then a new version of the catalog
    /// that fails, which the edge takes back.
    Stages,
    /// Attacks the shop from one address with three free accounts, in eight ways for half a minute each, while
    /// twenty honest shoppers browse and buy. Needs Linux.
    Hostile {
        /// One attack alone, by its name in the table.
        attack: Option<String>,
    },
}

/// All drills.
pub(crate) fn all() -> anyhow::Result<()> {
    Drill::Kill.run()?;
    Drill::Rolling { from: None }.run()?;
    Drill::Stages.run()?;
    Drill::Certificates.run()?;
    Drill::Leaving.run()?;
    Drill::Hostile { attack: None }.run()
}

impl Drill {
    /// Opens a shop, runs the drill, and says what it came to.
    pub(crate) fn run(&self) -> anyhow::Result<()> {
        if let Self::Hostile { attack } = self {
            return hostile::run(attack.as_deref());
        }
        let data = std::env::temp_dir().join(format!("terrace-drill-{}", std::process::id()));
        let drilled = match self {
            Self::Leaving => leaving::run(&data, &shoppers::build("leaving")?),
            _ => self.run_in(&data, &shoppers::build("drill")?),
        };
        let _ = std::fs::remove_dir_all(data);
        drilled
    }

    fn run_in(&self, data: &Path, shoppers: &Path) -> anyhow::Result<()> {
        // Its programs have to be there for as long as the shop is open.
        let previous = match self {
            Self::Rolling { from: Some(from) } => Some(Previous::build(from)?),
            _ => None,
        };
        let mut up = match self {
            Self::Kill => Up::for_tests(data, &["orders"]),
            Self::Stages => Up::for_tests(data, &["catalog"]).with_edge(stages::file(data)?),
            Self::Certificates => Up::for_tests(data, &["orders"]).with_mtls(certificates::LIFE),
            _ => Up::for_tests(data, &names()),
        };
        if let Some(previous) = &previous {
            up = up.before(previous.release.clone());
        }
        let mut shop = up.open(&AtomicBool::new(false))?;
        let [api, site] = ["edge", "site"].map(|service| shop.all_of(service));
        let mut shoppers = command(&shoppers.display().to_string(), &[]);
        let shoppers = Shoppers::enter(&mut shoppers, &api, &site, data)?;
        match (self, &previous) {
            (Self::Kill, _) => kill(&mut shop)?,
            (Self::Certificates, _) => certificates::renew(&mut shop, data)?,
            (Self::Stages, _) => stages::take_turns(&mut shop, data)?,
            (_, None) => restart_all(&mut shop)?,
            (_, Some(_)) => replace_all(&mut shop)?,
        }
        let report = shoppers.leave()?;
        ensure!(!report.owed.is_empty(), "nothing was ordered");
        let (charged, orders) = (charged(&shop)?, report.owed.len());
        ensure!(
            charged == report.owed,
            "what is charged is not what was ordered: {charged:?}, {:?}",
            report.owed
        );
        println!(
            "\n{orders} orders acknowledged: each is confirmed and charged once, stock is right."
        );
        println!(
            "Requests that failed and were repeated: {}.",
            report.failed.len()
        );
        match (self, report.failed.first()) {
            (Self::Rolling { .. } | Self::Certificates, Some(first)) => {
                bail!("a request failed: {first}")
            }
            (Self::Stages, Some(first)) if report.failed.len() > stages::MAY_FAIL => {
                bail!("too many requests failed, one of them: {first}")
            }
            (Self::Stages, None) => bail!("the version that fails was called by nobody"),
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
    for name in ["orders-2", "payments"] {
        println!("{name} is paused");
        shop.signal(name, "-STOP")?;
        shop.pass(PAUSED, || false)?;
        println!("{name} goes on");
        shop.signal(name, "-CONT")?;
        shop.pass(CALM, || false)?;
    }
    Ok(())
}

fn restart_all(shop: &mut Shop) -> anyhow::Result<()> {
    for (name, admin) in shop.processes() {
        println!("{name} is restarted");
        shop.restart(&name)?;
        is_back(shop, &name, admin)?;
    }
    Ok(())
}

/// Replaces each process by the one that follows. The first of a service migrates its database; the
/// second restarts on that once more as it was, which is what an old one that dies then does.
fn replace_all(shop: &mut Shop) -> anyhow::Result<()> {
    let before = migrations(shop)?;
    for (name, admin) in shop.processes() {
        if name.ends_with("-2") {
            println!("{name} is restarted as it was, beside the new one");
            shop.restart(&name)?;
            is_back(shop, &name, admin)?;
        }
        println!("{name} is replaced");
        shop.replace(&name)?;
        is_back(shop, &name, admin)?;
    }
    let mut applied = migrations(shop)?;
    applied.retain(|name| !before.contains(name));
    println!(
        "Migrated meanwhile: {}.",
        match applied.as_slice() {
            [] => "nothing".to_owned(),
            [..] => applied.join(", "),
        }
    );
    Ok(())
}

/// Waits until a process is used again, or ready, where nobody calls it. Not before may the next one stop, or the breakers of those
/// who call both would leave nobody to call.
fn is_back(shop: &mut Shop, name: &str, admin: u16) -> anyhow::Result<()> {
    let all = shop.processes();
    let is_asked = ASKED.iter().any(|it| name.starts_with(it));
    let back = || {
        let ready = http::get(admin, "/readyz").is_ok();
        ready && (!is_asked || is_called(admin)) && all.iter().all(|(_, admin)| calls_all(*admin))
    };
    ensure!(shop.pass(BACK, back)?, "{name} is not back");
    Ok(())
}

/// Whether a process has answered since it was started.
fn is_called(admin: u16) -> bool {
    let metrics = http::get(admin, "/metrics").unwrap_or_default();
    metrics.contains("_request_seconds_count{")
}

/// The migrations that the services' databases know, each with its service.
fn migrations(shop: &Shop) -> anyhow::Result<Vec<String>> {
    let mut all = Vec::new();
    for owner in owners() {
        // Revisions before sqlx keep a table of their own.
        let table = "select coalesce(to_regclass('_sqlx_migrations'), to_regclass('migration'))";
        let names = match shop.query(owner, table)?.trim() {
            "migration" => "select name from migration order by name",
            _ => {
                "select to_char(version, 'FM0000') || '_' || replace(description, ' ', '_')
                 from _sqlx_migrations order by version"
            }
        };
        let names = shop.query(owner, names)?;
        all.extend(names.lines().map(|name| format!("{name} of {owner}")));
    }
    Ok(all)
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
