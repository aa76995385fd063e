//! Stages of the edge: one and another in turn while shoppers buy; then a new version of the catalog
//! that fails, which the edge takes back by itself.

use std::{
    fs,
    io::{Read, Write},
    net::TcpListener,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, ensure};

use crate::{http, stage, up::Shop};

/// How often another stage is served, and how often in all.
const EVERY: Duration = Duration::from_secs(1);
const TURNS: usize = 30;

/// How long the edge may take to read a change, and to see that a version fails.
const READ: Duration = Duration::from_secs(15);
const SEEN: Duration = Duration::from_secs(60);

/// The most requests that may fail until the edge has seen that a version fails: three of 200 are too many, and
/// others are under way meanwhile.
pub(super) const MAY_FAIL: usize = 20;

/// The settings' file of the edge, before the shop is open.
pub(super) fn file(data: &Path) -> anyhow::Result<PathBuf> {
    fs::create_dir_all(data)?;
    let file = data.join("edge.toml");
    fs::write(&file, "stage = \"plain\"\n[stages.plain]\n")?;
    Ok(file)
}

pub(super) fn take_turns(shop: &mut Shop, data: &Path) -> anyhow::Result<()> {
    let file = data.join("edge.toml");
    let catalogs = shop.all_of("catalog");
    let next = catalogs.rsplit(',').next().context("there are catalogs")?;
    let broken = broken_version()?;
    let canary = |name: &str, url: &str| {
        format!(
            "[stages.{name}.canaries.catalog]\nurl = \"{url}\"\npercent = 50\n\
             max_failed_percent = 1\nmax_p99_ms = 10000\n"
        )
    };
    let stages = [
        "stage = \"plain\"\n[stages.plain]\n",
        &canary("next", next),
        &canary("broken", &broken),
    ];
    fs::write(&file, stages.concat())?;
    shop.pass(READ, || false)?;

    let admin = shop.admin_port("edge");
    for turn in 0..TURNS {
        let before = reloads(admin)?;
        stage::promote(&file, ["next", "plain"][turn % 2])?;
        read_again(shop)?;
        shop.pass(EVERY, || false)?;
        // A busy machine reads late, and signals that wait count as one.
        let taken = shop.pass(READ, || reloads(admin).is_ok_and(|now| now > before))?;
        ensure!(taken, "the edge does not take over change {turn}");
    }
    println!("{TURNS} changes of stage were taken over, one a second where the machine can");

    stage::promote(&file, "broken")?;
    read_again(shop)?;
    println!("half of all callers get a catalog that fails");
    let told = || http::get(admin, "/readyz").unwrap_or_default();
    let seen = shop.pass(SEEN, || {
        told().contains("the canary of catalog was rolled back")
    })?;
    ensure!(
        seen,
        "the edge does not see that the new catalog fails: {}",
        told()
    );
    println!("{}", told().trim_end());

    stage::roll_back(&file)?;
    read_again(shop)?;
    let back = shop.pass(READ, || told() == "ready\n")?;
    ensure!(back, "the stage before is not served again: {}", told());
    println!("the stage before is served again");
    Ok(())
}

/// How often the edge has taken settings over.
fn reloads(admin: u16) -> anyhow::Result<f64> {
    let metrics = http::get(admin, "/metrics")?;
    let line = |line: &str| {
        line.strip_prefix("reloads_total{outcome=\"taken\"} ")?
            .parse()
            .ok()
    };
    Ok(metrics.lines().find_map(line).unwrap_or_default())
}

/// Asks the edge to read its settings now; where it has a terminal it does so by itself, later.
fn read_again(shop: &mut Shop) -> anyhow::Result<()> {
    match fs::File::open("/dev/tty") {
        Ok(_) => shop.pass(READ, || false).map(drop),
        Err(_) => shop.signal("edge", "-HUP"),
    }
}

/// A catalog that answers 500 to everything, for as long as this process lives.
fn broken_version() -> anyhow::Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let url = format!("http://{}", listener.local_addr()?);
    std::thread::spawn(move || {
        for connection in listener.incoming().flatten() {
            std::thread::spawn(move || fail(connection));
        }
    });
    Ok(url)
}

fn fail(mut connection: impl Read + Write) -> std::io::Result<()> {
    let mut head = [0; 16 * 1024];
    // One request a connection: what is behind its head is not read.
    let _ = connection.read(&mut head)?;
    connection.write_all(
        b"HTTP/1.1 500 Internal Server Error\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
    )
}
