//! The drill `leaving`: people delete their accounts while what has a part in it is killed. What is kept of them
//! goes everywhere all the same.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::atomic::AtomicBool,
    thread,
    time::{Duration, Instant},
};

use anyhow::ensure;

use super::people::People;
use crate::{
    services::owners,
    up::{Shop, Up},
};

/// Who is killed while somebody leaves: at first nobody.
const KILLED: [&str; 7] = [
    "nobody", "users", "orders", "notices", "edge", "postgres", "redis",
];

/// Stands in everything that people tell.
const MARK: &str = "zqleaver";

/// How often each of them is.
const ROUNDS: usize = 2;

/// How long what was killed may take to come back, and what has to happen after it.
const TIMEOUT: Duration = Duration::from_secs(120);

/// How often is looked.
const LOOK: Duration = Duration::from_millis(200);

pub(super) fn run(data: &Path, program: &Path) -> anyhow::Result<()> {
    let mut shop = Up::for_tests(data, &["orders"]).open(&AtomicBool::new(false))?;
    let mut people = People::enter(program, &shop, data)?;
    let mut orders = Vec::new();
    let count = KILLED.len() * ROUNDS;
    for round in 0..count {
        orders.push(people.ask(&mut shop, &format!("live {}", mark(round)))?);
        let known = marked(&shop, &mark(round))?;
        for table in ["users.address", "orders.purchase"] {
            ensure!(
                known.iter().any(|it| it == table),
                "{table} has nothing of who lives"
            );
        }
    }
    for (round, victim) in (0..count).zip(KILLED.iter().cycle()) {
        println!("somebody leaves, and {victim} is killed");
        people.begin(&format!("leave {}", mark(round)))?;
        thread::sleep(Duration::from_millis(round as u64 * 2));
        kill(&mut shop, victim)?;
        people.hear(&mut shop)?;
    }
    for service in ["orders", "notices"] {
        let gone = |shop: &Shop| {
            let found = shop.query(service, "select count(*) from departed");
            found.is_ok_and(|found| found.trim() == count.to_string())
        };
        ensure!(wait(&mut shop, gone)?, "{service} has not heard of all");
    }
    for round in 0..count {
        people.ask(&mut shop, &format!("send {}", mark(round)))?;
        let forgotten = |shop: &Shop| marked(shop, &mark(round)).is_ok_and(|it| it.is_empty());
        let is_forgotten = wait(&mut shop, forgotten)?;
        ensure!(is_forgotten, "kept: {:?}", marked(&shop, &mark(round))?);
    }
    let redis = shop.redis_folder()?;
    // What is looked into is what it was told: of their orders it was.
    ensure!(
        !files_with(redis, &orders[0])?.is_empty(),
        "Redis was told nothing"
    );
    let told = files_with(redis, MARK)?;
    ensure!(told.is_empty(), "Redis was told: {told:?}");
    println!(
        "\n{count} people have left: nothing of them is in a database, nor in what Redis was told."
    );
    Ok(())
}

/// By what one of them is told, in all that they tell the shop.
fn mark(round: usize) -> String {
    format!("{MARK}{round}x")
}

fn kill(shop: &mut Shop, victim: &str) -> anyhow::Result<()> {
    if victim == "nobody" {
        return Ok(());
    }
    let replicas = shop.processes();
    let first = replicas.iter().find(|(name, _)| name.starts_with(victim));
    let name = first.map_or(victim, |(name, _)| name).to_owned();
    shop.signal(&name, "-KILL")
}

/// Waits until something is so, in which what died is started again; false when it is not in time.
fn wait(shop: &mut Shop, is_so: impl Fn(&Shop) -> bool) -> anyhow::Result<bool> {
    let started = Instant::now();
    while started.elapsed() < TIMEOUT {
        if is_so(shop) {
            return Ok(true);
        }
        shop.pass(LOOK, || false)?;
    }
    Ok(false)
}

/// Every table of every database that has the mark, also as bytes.
fn marked(shop: &Shop, mark: &str) -> anyhow::Result<Vec<String>> {
    let bytes: String = mark.bytes().map(|byte| format!("{byte:02x}")).collect();
    let mut found = Vec::new();
    for owner in owners() {
        let tables = "select quote_ident(table_name) from information_schema.tables where table_schema = 'public'";
        for table in shop.query(owner, tables)?.lines() {
            let rows = format!(
                "select count(*) from {table} as it where it::text ilike '%{mark}%' or it::text like '%{bytes}%'"
            );
            if shop.query(owner, &rows)?.trim() != "0" {
                found.push(format!("{owner}.{table}"));
            }
        }
    }
    Ok(found)
}

/// The files in a folder and below it that have the mark.
fn files_with(folder: &Path, mark: &str) -> anyhow::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(files_with(&path, mark)?);
        } else {
            let bytes = fs::read(&path)?;
            let mut windows = bytes.windows(mark.len());
            if windows.any(|it| it.eq_ignore_ascii_case(mark.as_bytes())) {
                found.push(path);
            }
        }
    }
    Ok(found)
}
