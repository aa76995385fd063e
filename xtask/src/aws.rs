//! The shop on AWS, described in docs/aws.md. `cargo xtask openapi --aws` writes what Amazon API Gateway is given, from the
//! shop's documents, to `aws/`; `cargo xtask aws` deploys the template that stands beside it.

pub(crate) mod commands;
mod convert;
mod cors;
mod deployment;
mod gateway;
pub(crate) mod lane;
mod lint;
mod mock;
mod permissions;
mod responses;
mod roles;
pub(crate) mod sdk;
mod settings;
mod shop;
mod stage;
pub(crate) mod test;

use std::fs;

use anyhow::{Context, ensure};
use serde_json::Value;

use crate::run::root;
use gateway::{Answers, Api, Callers};
use settings::Settings;
use shop::Shop;

/// Writes the files, or compares them with what is there.
pub(crate) fn write(check: bool) -> anyhow::Result<()> {
    let shop = Shop::read()?;
    let mut differs = Vec::new();
    for (name, content) in files(&shop, &Settings::read()?)? {
        let text = serde_json::to_string_pretty(&content)? + "\n";
        let path = root().join(&name);
        if fs::read_to_string(&path).is_ok_and(|file| file == text) {
            continue;
        }
        if check {
            differs.push(name);
        } else {
            fs::write(&path, text).with_context(|| name.clone())?;
            println!("{name} written");
        }
    }
    ensure!(
        differs.is_empty(),
        "{} differ from the documents; run `cargo xtask openapi --aws`",
        differs.join(", ")
    );
    if !check {
        for operation in &shop.left_out {
            println!("{} is left out: {}", operation.id, operation.why);
        }
    }
    Ok(())
}

/// The files by name. The documents are linted.
fn files(shop: &Shop, settings: &Settings) -> anyhow::Result<Vec<(String, Value)>> {
    let api = |callers, answers| Api {
        shop,
        callers,
        answers,
        has_plans: !settings.plans.is_empty(),
    };
    let people = api(Callers::People, Answers::Functions);
    let programs = api(Callers::Programs, Answers::Functions);
    let documents = [
        ("api", people.document()?),
        ("signed", programs.document()?),
        ("mock", api(Callers::People, Answers::Examples).document()?),
    ];
    for (name, document) in &documents {
        let faults = lint::lint(document).into_iter();
        let told =
            |it: lint::Fault| format!("{}: {} ({})", it.at, it.rule.sentence(), it.rule.source());
        let told: Vec<String> = faults.map(told).collect();
        ensure!(
            told.is_empty(),
            "aws/{name}.json is nothing for API Gateway:\n{}",
            told.join("\n")
        );
    }
    let mut files = Vec::from(documents);
    files.push(("api-stage", stage::stage(&people, settings)));
    files.push(("signed-stage", stage::stage(&programs, settings)));
    files.push(("plans", stage::plans(settings)));
    let file = |(name, content)| (format!("aws/{name}.json"), content);
    let mut files: Vec<_> = files.into_iter().map(file).collect();
    for (name, policy) in permissions::permissions(&programs, settings)? {
        files.push((format!("aws/{name}-policy.json"), policy));
    }
    Ok(files)
}

#[cfg(test)]
mod tests;
