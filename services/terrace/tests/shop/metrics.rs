//! `docs/telemetry.md` lists every metric that a shop measures, and no other.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use axum::http::Method;
use serde_json::json;

use crate::process::{Process, free_ports, terrace};

/// A metric's type and labels, by its name.
pub(crate) type Metrics = BTreeMap<String, (String, BTreeSet<String>)>;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The metrics that every shop measures.
fn of_every_shop() -> Metrics {
    table("| metric | type | unit | labels | meaning |")
}

/// All metrics: also those of a shop with Redis, PostgreSQL, and so on.
pub(crate) fn described() -> Metrics {
    let mut all = of_every_shop();
    all.extend(table("| only with | type | unit | labels | meaning |"));
    all
}

/// A table of the page, by its head.
fn table(head: &str) -> Metrics {
    let page = std::fs::read_to_string(root().join("docs/telemetry.md")).unwrap();
    let (_, table) = page.split_once(head).unwrap();
    let rows = table.lines().skip(2).take_while(|line| !line.is_empty());
    let row = |line: &str| {
        let cells: Vec<_> = line.split('|').map(str::trim).collect();
        let [_, name, kind, unit, labels, meaning, _] = cells[..] else {
            panic!("{line}")
        };
        assert!(!meaning.is_empty(), "{line}");
        assert_eq!(unit == "seconds", name.ends_with("_seconds`"), "{line}");
        let labels = labels.split('`').skip(1).step_by(2).map(str::to_owned);
        let name = name.trim_matches('`').to_owned();
        (name, (kind.to_owned(), labels.collect()))
    };
    rows.map(row).collect()
}

/// What a scrape holds.
fn scraped(text: &str) -> Metrics {
    let mut metrics = Metrics::new();
    for line in text.lines() {
        if let Some(about) = line.strip_prefix("# TYPE ") {
            let (name, kind) = about.split_once(' ').unwrap();
            let about = (kind.to_owned(), BTreeSet::new());
            metrics.insert(name.to_owned(), about);
        }
    }
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let name = line.split(['{', ' ']).next().unwrap_or_default();
        let Some((_, labels)) = metrics.get_mut(family(name)) else {
            continue;
        };
        let inside = line
            .split_once('{')
            .and_then(|(_, rest)| rest.split_once("\"}"));
        let inside = inside.map_or("", |(inside, _)| inside);
        let names = inside.split("\",").filter_map(|it| it.split_once('='));
        labels.extend(names.map(|(name, _)| name.to_owned()));
        labels.remove("le");
    }
    metrics
}

/// The metric that this sample belongs to.
pub(crate) fn family(sample: &str) -> &str {
    ["_bucket", "_sum", "_count"]
        .iter()
        .find_map(|suffix| sample.strip_suffix(suffix))
        .unwrap_or(sample)
}

/// Orders calls others, which not every service has to.
fn with_calls_by_orders(mut every: Metrics) -> Metrics {
    let calls = "neighbour_call_seconds";
    every.insert(calls.to_owned(), described()[calls].clone());
    every
}

#[tokio::test(flavor = "multi_thread")]
async fn every_metric_is_described_and_every_description_has_its_metric() {
    let (folder, ports) = (tempfile::tempdir().unwrap(), free_ports());
    let mut command = terrace(folder.path(), ports);
    let mut shop = Process::run(command.env("TERRACE_EDGE__THROTTLE", "on"), ports);
    shop.wait().await;
    let rose = shop.visitor().sign_up("rose").await;
    rose.call(Method::GET, "/v1/me", None).await.ok(200);
    rose.orders_something("once").await;
    let mut refused = false;
    for n in 0..1000 {
        let nobody = json!({ "email": format!("nobody{n}@garden.example"), "password": "wrong" });
        let answer = shop.visitor();
        let answer = answer.call(Method::POST, "/v1/sessions", Some(&nobody));
        refused |= answer.await.status == 429;
        if refused {
            break;
        }
    }
    assert!(refused, "nobody is ever told to slow down");

    // What an order leads to is measured after it was answered.
    let (described, started) = (of_every_shop(), Instant::now());
    let described = with_calls_by_orders(described);
    let mut measured = scraped(&shop.metrics().await);
    while measured != described && started.elapsed() < Duration::from_secs(20) {
        tokio::time::sleep(Duration::from_millis(50)).await;
        measured = scraped(&shop.metrics().await);
    }

    shop.kill();
    assert!(
        measured.len() > 10,
        "the scrape is not read as it should be"
    );
    assert_eq!(measured, described);
}

/// The names that the code gives to metrics, in this folder.
fn named_in(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            named_in(&path, found);
        } else if path.extension().is_some_and(|it| it == "rs") {
            let text = std::fs::read_to_string(path).unwrap();
            for made in ["counter!(", "gauge!(", "histogram!("] {
                let after = text.split(made).skip(1);
                let named = after.filter_map(|it| it.trim_start().strip_prefix('"'));
                found.extend(
                    named
                        .filter_map(|it| it.split('"').next())
                        .map(str::to_owned),
                );
            }
        }
    }
}

#[test]
fn every_metric_of_the_code_is_described_and_no_other() {
    let mut named = BTreeSet::new();
    for folder in ["shared", "services"] {
        for member in std::fs::read_dir(root().join(folder)).unwrap() {
            named_in(&member.unwrap().path().join("src"), &mut named);
        }
    }

    let described: BTreeSet<String> = described().into_keys().collect();

    assert_eq!(named, described);
}
