//! What the rest of the shop has to know of a new service, file by file. docs/fork.md has the list.

use super::{
    Change, Tree, deployment,
    edit::{after_last, at_end_of, before, once},
    names::Names,
};
use crate::services;

pub(super) fn wire(tree: &Tree, names: &Names, change: &mut Change) -> anyhow::Result<()> {
    workspace(tree, names, change)?;
    process(tree, names, change)?;
    policies(tree, names, change)?;
    deployment::deploy(tree, names, change)?;
    map(tree, names, change)
}

/// The workspace, and the list of services: for what reads that list all is said.
fn workspace(tree: &Tree, names: &Names, change: &mut Change) -> anyhow::Result<()> {
    let Names { service, port, .. } = names;
    change.edit(tree, "Cargo.toml", |text| {
        let line = format!("{service} = {{ path = \"services/{service}\" }}\n");
        after_last(&text, "= { path = \"services/", &line)
    })?;
    change.edit(tree, "services/terrace/Cargo.toml", |text| {
        let line = format!("{service}.workspace = true\n");
        after_last(&text, "site.workspace = true", &line)
    })?;
    change.edit(tree, services::FILE, |text| {
        let table =
            format!("[[service]]\nname = \"{service}\"\nport = {port}\ndatabase = true\n\n");
        let text = once(
            &text,
            "[[service]]\nname = \"edge\"\n",
            &format!("{table}[[service]]\nname = \"edge\"\n"),
        )?;
        let edge = text.find("name = \"edge\"").unwrap_or_default();
        let (before, after) = text.split_at(edge);
        let after = after.replacen("\"]\n", &format!("\", \"{service}\"]\n"), 1);
        Ok(before.to_owned() + &after)
    })
}

/// The whole shop in one process, and what it says of itself.
fn process(tree: &Tree, names: &Names, change: &mut Change) -> anyhow::Result<()> {
    let service = &names.service;
    change.edit(tree, "services/terrace/src/shop.rs", |text| {
        let opened = format!(
            "    let {service}_key = random_secret(32);
    let {service} = {service}::connect(&{service}::Config {{
        store: store(\"{service}.db\"),
        invoke_keys: vec![{service}_key.clone()],
    }})
    .await?;
    let {service}_app = {service}::app({service}.clone());

"
        );
        let text = before(&text, "let service = |name: &str, document", &opened)?;
        let upstream = format!(
            "        service(\"{service}\", {service}::openapi(), {service}_app, &{service}_key)?,\n"
        );
        let text = at_end_of(&text, "let services = vec![", ']', &upstream)?;
        let ready = format!("            {service}.ready(),\n");
        at_end_of(&text, "ready: vec![", ']', &ready)
    })?;
    change.edit(tree, "services/terrace/examples/generate.rs", |text| {
        let document = format!("        (\"{service}\", {service}::openapi()),\n");
        let text = at_end_of(&text, "let documents = [", ']', &document)?;
        let table = format!("        table::<{service}::Config>(),\n");
        at_end_of(&text, "let tables = [", ']', &table)
    })
}

/// Everybody may read, the staff may write.
fn policies(tree: &Tree, names: &Names, change: &mut Change) -> anyhow::Result<()> {
    let nouns = &names.nouns;
    for (policy, operations) in [
        (
            "public",
            [format!("GET/{nouns}"), format!("GET/{nouns}/{{id}}")],
        ),
        (
            "staff",
            [format!("POST/{nouns}"), format!("DELETE/{nouns}/{{id}}")],
        ),
    ] {
        let path = format!("policies/{policy}.json");
        change.edit(tree, &path, |text| {
            statement(&text, &super::names::capital(&names.service), &operations)
        })?;
    }
    Ok(())
}

/// Adds a statement that allows these operations to the end of a policy.
pub(super) fn statement(text: &str, sid: &str, operations: &[String]) -> anyhow::Result<String> {
    let arns = operations
        .iter()
        .map(|it| format!("        \"arn:terrace:execute-api:local:shop:v1/{it}\""));
    let arns = arns.collect::<Vec<_>>().join(",\n");
    let added = format!(
        "    }},
    {{
      \"Sid\": \"{sid}\",
      \"Effect\": \"Allow\",
      \"Action\": \"execute-api:Invoke\",
      \"Resource\": [
{arns}
      ]
    }}
  ]
}}
"
    );
    once(text, "    }\n  ]\n}\n", &added)
}

/// The map of the house.
fn map(tree: &Tree, names: &Names, change: &mut Change) -> anyhow::Result<()> {
    let service = &names.service;
    change.edit(tree, "README.md", |text| {
        let database = format!("    {service} --> {service}db[({service}.db)]\n");
        let text = after_last(&text, "db)]", &database)?;
        let edges = text.lines().find(|line| line.contains("edge[edge<br/>"));
        let edges = edges.unwrap_or_default().to_owned();
        once(&text, &edges, &format!("{edges} & {service}"))
    })
}
