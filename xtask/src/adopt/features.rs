//! Features of crates that need a crate which is gone: they go from `Cargo.toml`, and what code says of them is decided.

use std::{collections::BTreeSet, ops::Range};

use anyhow::Context;
use toml_edit::{Array, DocumentMut, Item, TableLike};

use super::{
    elements::{Code, Cuts, cut},
    tokens::{Kind, Language},
    tree::Tree,
};

const TABLES: [&str; 3] = ["dependencies", "dev-dependencies", "build-dependencies"];

/// Takes these crates out of all manifests, with the features that need them. What is left of a crate's features is a set of
/// `crate/feature` that are gone.
pub(super) fn without_crates(
    tree: &mut Tree,
    gone: &BTreeSet<String>,
) -> anyhow::Result<BTreeSet<String>> {
    let manifests = tree.named("Cargo.toml");
    let mut parsed = Vec::new();
    for path in manifests {
        let manifest: DocumentMut = tree.files[&path].parse().context(path.clone())?;
        parsed.push((path, manifest));
    }
    let dead = dead_features(&parsed, gone);
    let mut used = BTreeSet::new();
    for (path, manifest) in &mut parsed {
        let before = manifest.to_string();
        prune(manifest, gone, &dead);
        for table in TABLES {
            let table = manifest.get(table).and_then(Item::as_table_like);
            used.extend(
                table
                    .into_iter()
                    .flat_map(|it| it.iter().map(|(name, _)| name.to_owned())),
            );
        }
        if manifest.to_string() != before {
            tree.files.insert(path.clone(), manifest.to_string());
        }
    }
    // What nobody uses any more.
    let path = "Cargo.toml";
    let mut workspace: DocumentMut = tree.files[path].parse()?;
    let all = workspace["workspace"]["dependencies"].as_table_like_mut();
    let all = all.context("the workspace has dependencies")?;
    let unused: Vec<String> = all
        .iter()
        .map(|(name, _)| name.to_owned())
        .filter(|name| !used.contains(name))
        .collect();
    for name in unused {
        all.remove(&name);
    }
    tree.files.insert(path.to_owned(), workspace.to_string());
    Ok(dead)
}

fn name(manifest: &DocumentMut) -> Option<&str> {
    manifest.get("package")?.get("name")?.as_str()
}

fn features(manifest: &DocumentMut) -> Option<&dyn TableLike> {
    manifest.get("features")?.as_table_like()
}

fn entries(needs: &Item) -> impl Iterator<Item = &str> {
    let needs = needs.as_array().into_iter().flatten();
    needs.filter_map(|need| need.as_str())
}

fn dead_features(manifests: &[(String, DocumentMut)], gone: &BTreeSet<String>) -> BTreeSet<String> {
    let mut dead = BTreeSet::new();
    loop {
        let before = dead.len();
        for (_, manifest) in manifests {
            let Some((package, features)) = name(manifest).zip(features(manifest)) else {
                continue;
            };
            for (feature, needs) in features.iter() {
                if entries(needs).any(|need| is_dead(package, need, gone, &dead)) {
                    dead.insert(format!("{package}/{feature}"));
                }
            }
        }
        if dead.len() == before {
            return dead;
        }
    }
}

fn is_dead(package: &str, need: &str, gone: &BTreeSet<String>, dead: &BTreeSet<String>) -> bool {
    if let Some(needed) = need.strip_prefix("dep:") {
        return gone.contains(needed);
    }
    match need.split_once('/') {
        Some((of, _)) => gone.contains(of) || dead.contains(need),
        None => dead.contains(&format!("{package}/{need}")),
    }
}

fn prune(manifest: &mut DocumentMut, gone: &BTreeSet<String>, dead: &BTreeSet<String>) {
    let Some(package) = name(manifest).map(str::to_owned) else {
        return;
    };
    let mut still_needed = BTreeSet::new();
    if let Some(features) = manifest
        .get_mut("features")
        .and_then(Item::as_table_like_mut)
    {
        let all: Vec<String> = features.iter().map(|(name, _)| name.to_owned()).collect();
        for feature in all {
            if dead.contains(&format!("{package}/{feature}")) {
                features.remove(&feature);
            } else if let Some(needs) = features.get(&feature) {
                still_needed
                    .extend(entries(needs).map(|it| it.trim_start_matches("dep:").to_owned()));
            }
        }
        if features.is_empty() {
            manifest.remove("features");
        }
    }
    for table in TABLES {
        let Some(table) = manifest.get_mut(table).and_then(Item::as_table_like_mut) else {
            continue;
        };
        let all: Vec<String> = table.iter().map(|(name, _)| name.to_owned()).collect();
        for needed in all {
            let is_optional = table
                .get(&needed)
                .and_then(|it| it.get("optional"))
                .is_some();
            if gone.contains(&needed) || (is_optional && !still_needed.contains(&needed)) {
                table.remove(&needed);
                continue;
            }
            let features = table
                .get_mut(&needed)
                .and_then(|it| it.get_mut("features"))
                .and_then(Item::as_array_mut);
            if let Some(features) = features {
                keep(features, |feature| {
                    !dead.contains(&format!("{needed}/{feature}"))
                });
            }
        }
    }
}

/// Keeps the texts of an array for which `wanted` is true.
pub(super) fn keep(array: &mut Array, wanted: impl Fn(&str) -> bool) {
    array.retain(|it| it.as_str().is_none_or(&wanted));
}

/// What a condition is once the features are gone.
enum Decided {
    Always,
    Never,
    When(String),
}

/// The code of a crate with its conditions decided: `is_gone` says whether a feature is.
pub(super) fn decided(text: &str, is_gone: &dyn Fn(&str) -> bool) -> String {
    let code = Code::new(text, Language::Rust);
    let mut edits = Cuts::new();
    decide(&code, 0..code.tokens.len(), is_gone, &mut edits);
    cut(text, edits)
}

fn decide(code: &Code, range: Range<usize>, is_gone: &dyn Fn(&str) -> bool, edits: &mut Cuts) {
    for element in code.elements(range.clone()) {
        let mut goes = false;
        let mut at = element.start;
        let mut conditions = Vec::new();
        while code.of(at) == "#" && code.of(at + 1) == "[" && at < element.end {
            let end = code.tokens[at + 1].other;
            if code.of(at + 2) == "cfg" {
                let within = at + 4..code.tokens[at + 3].other;
                match condition(code, within.clone(), is_gone) {
                    Decided::Never => goes = true,
                    Decided::Always => {
                        let next = code.tokens.get(end + 1).map(|it| it.at.start);
                        let begun = code.tokens[at].at.start;
                        conditions.push((begun..next.unwrap_or(code.text.len()), String::new()));
                    }
                    Decided::When(new) => conditions.push((bytes(code, within), new)),
                }
            }
            if code.of(at + 2) == "cfg_attr" {
                let within = at + 4..code.tokens[at + 3].other;
                let parts = code.elements(within.clone());
                if let Some(first) = parts.first().filter(|_| parts.len() > 1) {
                    let when = first.start..first.end - 1;
                    let (begun, told) = (code.tokens[at].at.start, &parts[1..]);
                    let next = code.tokens.get(end + 1).map_or(begun, |it| it.at.start);
                    conditions.extend(match condition(code, when.clone(), is_gone) {
                        Decided::Never => Some((begun..next, String::new())),
                        Decided::Always => {
                            let told = bytes(code, told[0].start..within.end);
                            Some((begun..next, format!("#[{}]\n", &code.text[told])))
                        }
                        Decided::When(new) => Some((bytes(code, when), new)),
                    });
                }
            }
            at = end + 1;
            while code
                .tokens
                .get(at)
                .is_some_and(|it| it.kind == Kind::Comment)
            {
                at += 1;
            }
        }
        if goes {
            edits.push((code.bytes(element, &range), String::new()));
            continue;
        }
        edits.append(&mut conditions);
        while at < element.end {
            if code.of(at) == "cfg" && code.of(at + 1) == "!" {
                let end = code.tokens[at + 2].other;
                let new = match condition(code, at + 3..end, is_gone) {
                    Decided::Never => "false".to_owned(),
                    Decided::Always => "true".to_owned(),
                    Decided::When(new) => format!("cfg!({new})"),
                };
                edits.push((bytes(code, at..end + 1), new));
                at = end;
            } else if code.tokens[at].kind == Kind::Open {
                let end = code.tokens[at].other;
                decide(code, at + 1..end, is_gone, edits);
                at = end;
            }
            at += 1;
        }
    }
}

fn bytes(code: &Code, range: Range<usize>) -> Range<usize> {
    code.tokens[range.start].at.start..code.tokens[range.end - 1].at.end
}

fn condition(code: &Code, range: Range<usize>, is_gone: &dyn Fn(&str) -> bool) -> Decided {
    let word = code.of(range.start);
    let inner = || {
        let open = range.start + 1;
        let parts = code.elements(open + 1..code.tokens[open].other);
        let part = |it: Range<usize>| {
            let end = if code.of(it.end - 1) == "," {
                it.end - 1
            } else {
                it.end
            };
            condition(code, it.start..end, is_gone)
        };
        parts.into_iter().map(part).collect::<Vec<_>>()
    };
    match word {
        "feature" if is_gone(code.of(range.start + 2).trim_matches('"')) => Decided::Never,
        "not" => match inner().pop() {
            Some(Decided::Never) => Decided::Always,
            Some(Decided::Always) | None => Decided::Never,
            Some(Decided::When(it)) => Decided::When(format!("not({it})")),
        },
        "any" | "all" => {
            let mut left = Vec::new();
            for part in inner() {
                match (part, word) {
                    (Decided::Always, "any") => return Decided::Always,
                    (Decided::Never, "all") => return Decided::Never,
                    (Decided::When(it), _) => left.push(it),
                    _ => {}
                }
            }
            match &left[..] {
                [] if word == "any" => Decided::Never,
                [] => Decided::Always,
                [one] => Decided::When(one.clone()),
                _ => Decided::When(format!("{word}({})", left.join(", "))),
            }
        }
        _ => Decided::When(code.text[bytes(code, range)].to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_on_features_that_are_gone_are_decided() {
        let text = r#"#[cfg(feature = "s3")]
mod s3;

#[cfg(not(any(feature = "s3", test)))]
fn one() {
    match cfg!(feature = "s3") {
        #[cfg(feature = "s3")]
        true => many(a, b),
        #[cfg(not(feature = "s3"))]
        _ => few(),
    }
}

#[cfg_attr(feature = "s3", must_use)]
#[cfg_attr(not(feature = "s3"), expect(dead_code, reason = "of s3"))]
#[cfg_attr(any(feature = "s3", test), allow(unused))]
fn two() {}
"#;

        let made = decided(text, &|feature| feature == "s3");

        let lines: Vec<&str> = made
            .lines()
            .map(str::trim)
            .filter(|it| !it.is_empty())
            .collect();
        assert_eq!(
            lines,
            [
                "#[cfg(not(test))]",
                "fn one() {",
                "match false {",
                "_ => few(),",
                "}",
                "}",
                r#"#[expect(dead_code, reason = "of s3")]"#,
                "#[cfg_attr(test, allow(unused))]",
                "fn two() {}",
            ]
        );
    }
}
