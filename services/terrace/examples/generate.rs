//! Writes what the code says of itself: the documents of all services to `openapi/`, the table of settings
//! into each service's README, and the headers of the pages for CloudFront. With `--check` it compares instead.

use std::{fs, path::PathBuf, process::ExitCode};

use kit::{
    config::{TABLE_HEAD, settings_table},
    program::{ServiceConfig, Settings},
};
use serde_json::Value;

fn main() -> ExitCode {
    let check = std::env::args().any(|argument| argument == "--check");
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut ok = true;
    let mut files = documents();
    files.extend(readmes(&root));
    files.push(aws());
    for (name, text) in files {
        let path = root.join(&name);
        if fs::read_to_string(&path).is_ok_and(|file| file == text) {
            continue;
        }
        if check {
            eprintln!("{name} differs from the code; run `cargo xtask openapi`");
            ok = false;
        } else if let Err(fault) = fs::write(&path, text) {
            eprintln!("{name}: {fault}");
            ok = false;
        } else {
            println!("{name} written");
        }
    }
    if ok {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// Each service's document, and the public one, which is all of them.
fn documents() -> Vec<(String, String)> {
    let documents = [
        ("users", users::openapi()),
        ("catalog", catalog::openapi()),
        ("orders", orders::openapi()),
        ("reports", reports::openapi()),
        ("edge", edge::openapi()),
    ];
    let mut documents: Vec<(String, Value)> = documents
        .into_iter()
        .map(|(name, document)| {
            let document = serde_json::to_value(document).expect("a document serialises");
            (name.to_owned(), document)
        })
        .collect();
    let merged = edge::document::merge(&documents);
    documents.push(("terrace".to_owned(), merged));
    let file = |(name, document): (String, Value)| {
        let text = serde_json::to_string_pretty(&document).expect("a document serialises") + "\n";
        (format!("openapi/{name}.json"), text)
    };
    documents.into_iter().map(file).collect()
}

/// Each service's README, with the table of its settings as they are.
fn readmes(root: &std::path::Path) -> Vec<(String, String)> {
    let tables = [
        table::<edge::Config>(),
        table::<site::Config>(),
        table::<users::Config>(),
        table::<catalog::Config>(),
        table::<orders::Config>(),
        table::<payments::Config>(),
        table::<notices::Config>(),
        table::<reports::Config>(),
    ];
    let page = |(service, table): (&str, String)| {
        let name = format!("services/{service}/README.md");
        let page = fs::read_to_string(root.join(&name)).unwrap_or_default();
        let (before, rest) = page
            .split_once(TABLE_HEAD)
            .unwrap_or_else(|| panic!("{name} has no table of settings"));
        let rows: usize = rest
            .split_inclusive('\n')
            .take_while(|line| line.starts_with('|'))
            .map(str::len)
            .sum();
        (name, format!("{before}{table}{}", &rest[rows..]))
    };
    tables.into_iter().map(page).collect()
}

/// What CloudFront has to know of the pages.
fn aws() -> (String, String) {
    let headers = site::cloudfront::response_headers();
    let text = serde_json::to_string_pretty(&headers).expect("headers serialise") + "\n";
    ("aws/site-headers.json".to_owned(), text)
}

fn table<T: ServiceConfig>() -> (&'static str, String) {
    (T::NAME, settings_table::<Settings<T>>(&T::prefix()))
}
