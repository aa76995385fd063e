//! Writes the documents of all services to `openapi/`, or with `--check` compares them.

use std::{fs, path::Path, process::ExitCode};

use serde_json::Value;

fn main() -> ExitCode {
    let check = std::env::args().any(|argument| argument == "--check");
    let documents = [
        ("users", users::openapi()),
        ("catalog", catalog::openapi()),
        ("orders", orders::openapi()),
        ("edge", edge::openapi()),
    ];
    let documents: Vec<(String, Value)> = documents
        .into_iter()
        .map(|(name, document)| {
            let document = serde_json::to_value(document).expect("a document serialises");
            (name.to_owned(), document)
        })
        .collect();
    let merged = edge::document::merge(&documents).expect("the services' documents fit together");

    let mut differs = false;
    for (name, document) in documents.iter().chain([&("terrace".to_owned(), merged)]) {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../../openapi/{name}.json"));
        let text = serde_json::to_string_pretty(document).expect("a document serialises") + "\n";
        if fs::read_to_string(&path).ok().as_ref() == Some(&text) {
            continue;
        }
        if check {
            eprintln!("openapi/{name}.json differs from the code; run `cargo xtask openapi`");
            differs = true;
        } else if let Err(fault) = fs::write(&path, text) {
            eprintln!("openapi/{name}.json: {fault}");
            differs = true;
        } else {
            println!("openapi/{name}.json written");
        }
    }
    if differs {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    }
}
