//! A service: the template in other names, and what the rest of the shop has to know of it.

use anyhow::Context;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{
    Change, TEMPLATE_FOLDER, Tree,
    names::{NOUN, Names},
    wiring,
};
use crate::services::{self, parse};

/// What has to be written for it.
pub(super) fn service(tree: &Tree, name: &str, noun: Option<&str>) -> anyhow::Result<Change> {
    let listed = parse(&tree.read(services::FILE)?);
    let ports = listed.iter().map(|service| service.port);
    let highest = ports.filter(|port| (8081..9000).contains(port)).max();
    let port = highest.context("a service listens")? + 1;
    let names = Names::new(tree, name, noun, port)?;

    let mut change = Change {
        told: told(&names),
        ..Change::default()
    };
    for file in tree.files(TEMPLATE_FOLDER)? {
        let text = tree.read(&format!("{TEMPLATE_FOLDER}/{file}"))?;
        let path = format!("services/{name}/{}", names.of(&file));
        change.new.insert(path, names.of(&text));
    }
    queries(tree, &names, &mut change)?;
    wiring::wire(tree, &names, &mut change)?;
    Ok(change)
}

/// What sqlx's macros know of the template's statements, known of the new ones: they differ in names alone, so that nobody
/// needs a PostgreSQL for it. `cargo xtask sqlx` writes the same.
fn queries(tree: &Tree, names: &Names, change: &mut Change) -> anyhow::Result<()> {
    for file in tree.files(".sqlx")? {
        let text = tree.read(&format!(".sqlx/{file}"))?;
        let known: Value = serde_json::from_str(&text).with_context(|| file.clone())?;
        let statement = known["query"].as_str().unwrap_or_default();
        let mut words = statement.split(|it: char| !it.is_alphanumeric());
        if !words.any(|word| word == NOUN) {
            continue;
        }
        let digest = Sha256::digest(names.of(statement));
        let digest: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        let old = known["hash"].as_str().context("it has a hash")?;
        let text = names.of(&text).replace(old, &digest);
        change
            .new
            .insert(format!(".sqlx/query-{digest}.json"), text);
    }
    Ok(())
}

fn told(names: &Names) -> String {
    let Names {
        service,
        noun,
        nouns,
        ..
    } = names;
    format!(
        "
{service} is there. `cargo run` opens the shop with it; then
  curl http://localhost:8080/v1/{nouns}
answers. What a {noun} is stands in services/{service}/src/{noun}.rs. `cargo xtask test` tests it with the rest; docs/fork.md goes on."
    )
}
