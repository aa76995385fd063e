//! Takes services out of the lists of all of them: of the shop, of policies, of images, of what sqlx knows.

use std::collections::BTreeSet;

use anyhow::Context;
use serde_json::Value;
use toml_edit::{ArrayOfTables, DocumentMut, Item};

use super::{
    elements::{Code, without},
    features::keep,
    rust::names_one,
    tokens::{Kind, Language},
    tree::Tree,
};
use crate::services::FILE;

/// What is shorter may be part of any statement.
const SHORTEST: usize = 20;

/// `services.toml` without them, and without what others have of them.
pub(super) fn shop(tree: &mut Tree, services: &BTreeSet<&str>) -> anyhow::Result<()> {
    let mut list: DocumentMut = tree.files[FILE].parse()?;
    let all = list["service"].as_array_of_tables_mut();
    let all = all.context("it lists services")?;
    let is_gone = |table: &toml_edit::Table| {
        table
            .get("name")
            .and_then(Item::as_str)
            .is_some_and(|it| services.contains(it))
    };
    let first = all.iter().next().map(|it| it.decor().clone());
    let mut left = ArrayOfTables::new();
    for table in all.iter().filter(|it| !is_gone(it)) {
        let mut table = table.clone();
        if let Some(calls) = table.get_mut("calls").and_then(Item::as_array_mut) {
            keep(calls, |it| !services.contains(it));
            if calls.is_empty() {
                table.remove("calls");
            } else if let Some(first) = calls.get_mut(0) {
                first.decor_mut().set_prefix("");
            }
        }
        left.push(table);
    }
    // What is said of the list stands before its first.
    if let (Some(first), Some(now)) = (first, left.iter_mut().next()) {
        *now.decor_mut() = first;
    }
    *all = left;
    tree.files.insert(FILE.to_owned(), list.to_string());
    Ok(())
}

/// What a document has: each operation as an ARN ends in it, the paths, the schemas.
#[derive(Default)]
pub(super) struct Contract {
    pub(super) operations: BTreeSet<String>,
    pub(super) names: BTreeSet<String>,
}

impl Contract {
    pub(super) fn add(&mut self, document: &str) -> anyhow::Result<()> {
        let document: Value = serde_json::from_str(document)?;
        let paths = document["paths"].as_object().into_iter().flatten();
        for (path, item) in paths {
            self.names.insert(path.clone());
            for method in item.as_object().into_iter().flat_map(|it| it.keys()) {
                if let Some((version, rest)) = path[1..].split_once('/') {
                    let method = method.to_uppercase();
                    self.operations.insert(format!("{version}/{method}/{rest}"));
                }
            }
        }
        let schemas = document["components"]["schemas"].as_object();
        self.names
            .extend(schemas.into_iter().flat_map(|it| it.keys().cloned()));
        Ok(())
    }
}

/// Policies without operations that are gone.
pub(super) fn policies(tree: &mut Tree, gone: &BTreeSet<String>) {
    for file in tree.texts(|it| it.starts_with("policies/") && it.ends_with(".json")) {
        tree.edit(&file, |text| {
            without(text, Language::Json, |code, at| {
                let text = code.of(at).trim_matches('"');
                let operation = text
                    .strip_prefix("arn:")
                    .and_then(|it| it.split(':').nth(4));
                operation.is_some_and(|it| gone.contains(it.trim_start_matches("shop:")))
                    || text
                        .split("shop:")
                        .nth(1)
                        .is_some_and(|it| gone.contains(it))
            })
        });
    }
}

/// The image's stages, and the words of what makes all of them.
pub(super) fn image(text: &str, services: &BTreeSet<&str>) -> String {
    let mut kept = Vec::new();
    for stage in text.split("\n\n") {
        let from = stage.lines().find(|line| line.starts_with("FROM "));
        let name = from
            .and_then(|line| line.rsplit(' ').next())
            .unwrap_or_default();
        if services.contains(name) {
            continue;
        }
        let lines = stage.lines().filter_map(|line| {
            if line.starts_with('#') || !names_one(line, services) {
                return Some(line.to_owned());
            }
            let depth = line.len() - line.trim_start().len();
            let words = line
                .split_whitespace()
                .filter(|word| !names_one(word, services));
            let left = words.collect::<Vec<_>>().join(" ");
            let is_left = !left.trim_end_matches('\\').trim().is_empty();
            is_left.then(|| " ".repeat(depth) + &left)
        });
        kept.push(lines.collect::<Vec<_>>().join("\n"));
    }
    let text = kept.join("\n\n");
    if text.ends_with('\n') {
        text
    } else {
        text + "\n"
    }
}

/// What sqlx knows of statements that were made by code that is gone alone.
pub(super) fn statements(tree: &mut Tree, before: &Tree) {
    let left = texts(tree, |_| true);
    let files = before.texts(|it| it.ends_with(".sql") && !tree.files.contains_key(it));
    let files = files.iter().map(|it| before.files[it].trim().to_owned());
    let gone: Vec<String> = texts(before, |file| !tree.files.contains_key(file))
        .into_iter()
        .chain(files)
        .filter(|text| text.len() > SHORTEST && !left.contains(text))
        .collect();
    let is_gone = |known: &str| {
        let known: Option<Value> = serde_json::from_str(known).ok();
        let statement = known.as_ref().and_then(|it| it["query"].as_str());
        statement.is_some_and(|it| gone.iter().any(|text| it.contains(text.as_str())))
    };
    for file in tree.texts(|it| it.starts_with(".sqlx/")) {
        if is_gone(&tree.files[&file]) {
            tree.remove(|it| it == file);
        }
    }
}

/// What is said in quotes in these files.
pub(super) fn texts(tree: &Tree, wanted: impl Fn(&str) -> bool) -> BTreeSet<String> {
    let files = tree.texts(|it| it.ends_with(".rs") && wanted(it));
    let mut all = BTreeSet::new();
    for file in files {
        let code = Code::new(&tree.files[&file], Language::Rust);
        let is_text = |at: &usize| code.tokens[*at].kind == Kind::Text;
        all.extend(
            (0..code.tokens.len())
                .filter(is_text)
                .map(|at| meant(code.of(at))),
        );
    }
    all
}

/// What a text of Rust means.
fn meant(text: &str) -> String {
    if let Some(raw) = text.strip_prefix('r') {
        let marks = raw.len() - raw.trim_start_matches('#').len() + 1;
        return raw[marks..raw.len() - marks].to_owned();
    }
    let mut made = String::new();
    let mut characters = text.trim_start_matches('"').chars().peekable();
    while let Some(c) = characters.next() {
        match (c, characters.peek()) {
            ('\\', Some('\n')) => {
                while characters.peek().is_some_and(|it| it.is_whitespace()) {
                    characters.next();
                }
            }
            ('\\', Some('n')) => {
                characters.next();
                made.push('\n');
            }
            ('\\', _) => made.extend(characters.next()),
            ('"', None) => {}
            _ => made.push(c),
        }
    }
    made
}
