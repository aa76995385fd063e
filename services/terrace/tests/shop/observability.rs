//! Dashboards and alert rules name only what the shop measures.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use serde_json::Value;

use crate::metrics::{described, family};

/// What Prometheus itself adds to every target.
const OWN: &[&str] = &["up", "job", "instance", "le"];

/// Words of PromQL that may stand where a name does.
const WORDS: &[&str] = &[
    "and",
    "or",
    "unless",
    "by",
    "without",
    "on",
    "ignoring",
    "group_left",
    "group_right",
    "bool",
    "offset",
];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../observability")
}

/// The names of metrics, and of labels, in a query.
fn names(query: &str) -> (BTreeSet<String>, BTreeSet<String>) {
    let (mut metrics, mut labels) = (BTreeSet::new(), BTreeSet::new());
    let is_name = |it: char| it.is_ascii_alphanumeric() || it == '_' || it == ':' || it == '$';
    // Within braces, or parentheses after `by`, stand labels.
    let (mut within_labels, mut of_labels) = (false, false);
    let mut rest = query;
    while let Some(next) = rest.chars().next() {
        let word = &rest[..rest.find(|it| !is_name(it)).unwrap_or(rest.len())];
        let length = match next {
            '"' => rest[1..].find('"').map_or(rest.len(), |end| end + 2),
            '[' => rest.find(']').map_or(rest.len(), |end| end + 1),
            _ => word.len().max(next.len_utf8()),
        };
        match next {
            '{' => within_labels = true,
            '(' => within_labels = std::mem::take(&mut of_labels),
            '}' | ')' => within_labels = false,
            _ => {}
        }
        rest = &rest[length..];
        if !next.is_ascii_lowercase() {
            continue;
        }
        let after = rest.trim_start();
        let is_call = ["(", "by ", "without "]
            .iter()
            .any(|it| after.starts_with(it));
        of_labels = matches!(word, "by" | "without" | "on" | "ignoring");
        if within_labels {
            labels.insert(word.to_owned());
        } else if !WORDS.contains(&word) && !is_call {
            metrics.insert(word.to_owned());
        }
    }
    (metrics, labels)
}

/// Every `expr` of a dashboard.
fn queries_of(dashboard: &Value, found: &mut Vec<String>) {
    match dashboard {
        Value::Object(members) => {
            if let Some(Value::String(query)) = members.get("expr") {
                found.push(query.clone());
            }
            members.values().for_each(|it| queries_of(it, found));
        }
        Value::Array(items) => items.iter().for_each(|it| queries_of(it, found)),
        _ => {}
    }
}

fn dashboards() -> Vec<(String, Value)> {
    let files = std::fs::read_dir(folder().join("grafana/dashboards")).unwrap();
    let paths = files.map(|file| file.unwrap().path());
    let read = |path: PathBuf| {
        let text = std::fs::read_to_string(&path).unwrap();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        (name, serde_json::from_str(&text).unwrap())
    };
    paths
        .filter(|path| path.extension().is_some_and(|it| it == "json"))
        .map(read)
        .collect()
}

/// The rules' queries; each stands in one line after `expr:`.
fn rules() -> Vec<String> {
    let text = std::fs::read_to_string(folder().join("alerts.yml")).unwrap();
    let lines = text.lines().map(str::trim);
    let queries = lines.filter_map(|line| line.strip_prefix("expr: "));
    queries.map(str::to_owned).collect()
}

#[test]
fn dashboards_and_alerts_name_only_metrics_and_labels_that_exist() {
    let known = described();
    let labels_known: BTreeSet<_> = known.values().flat_map(|(_, labels)| labels).collect();
    let mut queries = rules();
    let alerts = queries.len();
    for (_, dashboard) in dashboards() {
        queries_of(&dashboard, &mut queries);
    }
    assert!(alerts >= 8 && queries.len() > alerts + 20, "{queries:#?}");

    let mut used = BTreeSet::new();
    for query in &queries {
        let (metrics, labels) = names(query);
        assert!(!metrics.is_empty(), "nothing is asked by {query}");
        for metric in metrics {
            let exists = known.contains_key(family(&metric)) || OWN.contains(&&*metric);
            assert!(exists, "{metric} is not measured: {query}");
            used.insert(family(&metric).to_owned());
        }
        for label in labels {
            let exists = labels_known.contains(&label) || OWN.contains(&&*label);
            assert!(exists, "{label} is no label: {query}");
        }
    }
    let unseen: Vec<_> = known.keys().filter(|name| !used.contains(*name)).collect();
    assert!(
        unseen.is_empty(),
        "measured and never looked at: {unseen:?}"
    );
}

#[test]
fn the_check_sees_what_a_query_names() {
    let query = "sum by (operation, le) (rate(a_seconds_bucket{class=~\"5..\"}[5m])) / b_total > 1";

    let (metrics, labels) = names(query);

    assert_eq!(
        metrics,
        ["a_seconds_bucket", "b_total"].map(str::to_owned).into()
    );
    assert_eq!(
        labels,
        ["class", "le", "operation"].map(str::to_owned).into()
    );
}

#[test]
fn dashboards_have_names_of_their_own_and_the_provisioned_source() {
    let mut ids = BTreeSet::new();
    for (file, dashboard) in dashboards() {
        let id = dashboard["uid"].as_str().unwrap().to_owned();
        assert_eq!(file, format!("{id}.json"));
        assert!(ids.insert(id));
        for panel in dashboard["panels"].as_array().unwrap() {
            if panel["type"] != "row" {
                assert_eq!(panel["datasource"]["uid"], "prometheus", "{panel}");
            }
        }
    }
    assert!(ids.len() >= 4);
}
