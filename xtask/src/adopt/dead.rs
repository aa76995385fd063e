//! Takes away what nobody uses any more, as the compiler tells: methods and fields, whose names others have too.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

use anyhow::{Context, bail, ensure};
use serde_json::Value;

use super::{
    elements::{Code, cut, without},
    tokens::{Kind, Language},
    unused::is_only_made,
};
use crate::run::{cargo, root, run};

/// What went may have been the last to use something else.
const ROUNDS: usize = 12;

/// What is said where a name begins.
type Places = BTreeMap<usize, Unused>;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Unused {
    Variable,
    Other,
}

/// Takes it away in the workspace's folder, until there is no more of it.
pub(super) fn without_dead_code() -> anyhow::Result<()> {
    for _ in 0..ROUNDS {
        let mut is_changed = false;
        for (file, places) in told()? {
            let path = root().join(&file);
            let text = fs::read_to_string(&path).with_context(|| file.clone())?;
            let left = left(&text, &places);
            is_changed |= left != text;
            fs::write(&path, left).with_context(|| file.clone())?;
        }
        if !is_changed {
            return Ok(());
        }
        run(&mut cargo(&["fmt", "--all"]))?;
    }
    bail!("after {ROUNDS} rounds there is still something that nobody uses")
}

/// The text without what begins at these places; what is part of a pattern has no name any more.
fn left(text: &str, places: &Places) -> String {
    let code = Code::new(text, Language::Rust);
    let mut unnamed = Vec::new();
    for (at, token) in code.tokens.iter().enumerate() {
        let is_variable = places.get(&token.at.start) == Some(&Unused::Variable);
        let is_let = at > 0 && code.of(at - 1) == "let";
        if is_variable && !(is_let && is_only_made(&code, at)) {
            unnamed.push((token.at.clone(), "_".to_owned()));
        }
    }
    if !unnamed.is_empty() {
        return cut(text, unnamed);
    }
    without(text, Language::Rust, |code, at| {
        let token = &code.tokens[at];
        token.kind == Kind::Word && places.contains_key(&token.at.start)
    })
}

/// What the compiler says of all targets.
fn told() -> anyhow::Result<BTreeMap<String, Places>> {
    let check = "check --workspace --all-targets --quiet --keep-going --message-format json";
    let check: Vec<&str> = check.split(' ').collect();
    let output = cargo(&check).output().context("cargo cannot be started")?;
    let text = str::from_utf8(&output.stdout)?;
    // A build that fails has an end as well.
    ensure!(
        text.contains("\"build-finished\""),
        "the compiler was not asked: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    let mut once = BTreeSet::new();
    let mut places: BTreeMap<String, Places> = BTreeMap::new();
    for line in text.lines() {
        let told: Value = serde_json::from_str(line)?;
        let Some(unused) = unused(&told["message"]) else {
            continue;
        };
        // Libraries and programs are compiled once more with their tests: what these need stays.
        let kind = &told["target"]["kind"][0];
        let is_twice = kind == "lib" || kind == "bin";
        let spans = told["message"]["spans"].as_array().into_iter().flatten();
        for span in spans.filter(|span| span["is_primary"] == true) {
            let file = span["file_name"].as_str().unwrap_or_default().to_owned();
            let start = span["byte_start"].as_u64().unwrap_or_default();
            let start = usize::try_from(start)?;
            if !once.insert((file.clone(), start)) || !is_twice {
                places.entry(file).or_default().insert(start, unused);
            }
        }
    }
    Ok(places)
}

/// What nothing uses, where that can go by itself.
fn unused(message: &Value) -> Option<Unused> {
    let said = message["message"].as_str().unwrap_or_default();
    match message["code"]["code"].as_str() {
        Some("unused_variables") => Some(Unused::Variable),
        // The last: a field that went, where it is given a value.
        Some("dead_code" | "unused_imports" | "E0560") if !said.contains("variant") => {
            Some(Unused::Other)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_used_no_more_goes_and_what_is_part_of_a_pattern_loses_its_name() {
        let text = "impl Shop {\n    fn open(&self) {}\n\n    /// Never.\n    fn id(&self) {}\n}\n\n\
                    fn start() {\n    let (one, two) = make();\n}\n";
        let at = |name: &str| text.find(name).unwrap();

        let unnamed = left(text, &[(at("two"), Unused::Variable)].into());
        let gone = left(text, &[(at("id("), Unused::Other)].into());

        assert_eq!(unnamed, text.replace("two", "_"));
        assert_eq!(
            gone.replace("\n\n}", "\n}"),
            text.replace("\n    /// Never.\n    fn id(&self) {}\n", "")
        );
    }
}
