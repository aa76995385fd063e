//! What the rest of the shop has to know of a new service, file by file. docs/fork.md has the list.

use anyhow::Context;
use serde_json::Value;

use super::{
    Change, Tree, aws, deployment,
    edit::{after_last, at_end_of, before, once},
    kubernetes,
    names::{Names, capital},
    service::Source,
};
use crate::services;

/// Before what it names in an ARN: the version, the method and the path.
const ARN: &str = "arn:terrace:execute-api:local:shop:";

/// The policies that a service has operations in.
const POLICIES: [&str; 4] = ["public", "customer", "staff", "manager"];

pub(super) fn wire(
    tree: &Tree,
    source: &Source,
    names: &Names,
    change: &mut Change,
) -> anyhow::Result<()> {
    workspace(tree, names, change)?;
    process(tree, source, names, change)?;
    policies(tree, source, names, change)?;
    deployment::deploy(tree, names, change)?;
    kubernetes::deploy(tree, names, change)?;
    aws::deploy(tree, names, change)?;
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
fn process(tree: &Tree, source: &Source, names: &Names, change: &mut Change) -> anyhow::Result<()> {
    let service = &names.service;
    change.edit(tree, "services/terrace/src/shop.rs", |text| {
        let own = format!(
            "    let {service}_key = random_secret(32);
    let {service} = {service}::connect(&{service}::Config {{
        store: store(\"{service}.db\"),
        invoke_keys: vec![{service}_key.clone()],
    }})
    .await?;
    let {service}_app = {service}::app({service}.clone());

"
        );
        let opened = match source.is_template() {
            true => own,
            false => opening(&text, source, names)?,
        };
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

/// As the source is opened, with what it was given since it was made.
fn opening(text: &str, source: &Source, names: &Names) -> anyhow::Result<String> {
    let other = &source.names.service;
    let begins = text.find(&format!("    let {other}_key = "));
    let last = format!("    let {other}_app = {other}::app({other}.clone());\n\n");
    let ends = text.find(&last).map(|at| at + last.len());
    let block = begins.zip(ends).and_then(|(from, to)| text.get(from..to));
    let block =
        block.with_context(|| format!("`{other}` is not opened as it was when it was made"))?;
    Ok(names.instead_of(&source.names, block))
}

/// Everybody may read, the staff may write; or who may do the like.
fn policies(
    tree: &Tree,
    source: &Source,
    names: &Names,
    change: &mut Change,
) -> anyhow::Result<()> {
    if source.is_template() {
        let (sid, nouns) = (capital(&names.service), &names.nouns);
        aws::reason(tree, &sid, names, change)?;
        for (policy, [one, other]) in [
            ("public", ["GET/{}", "GET/{}/{id}"]),
            ("staff", ["POST/{}", "DELETE/{}/{id}"]),
        ] {
            let operations = [one, other].map(|it| format!("v1/{}", it.replace("{}", nouns)));
            change.edit(tree, &format!("policies/{policy}.json"), |text| {
                statement(&text, &sid, &operations)
            })?;
        }
        return Ok(());
    }
    for policy in POLICIES {
        let path = format!("policies/{policy}.json");
        let known: Value = serde_json::from_str(&tree.read(&path)?).context(path.clone())?;
        for known in known["Statement"].as_array().into_iter().flatten() {
            let operations: Vec<_> = resources(known)
                .filter(|it| source.has(it))
                .map(|it| names.instead_of(&source.names, it))
                .collect();
            if !operations.is_empty() {
                let sid = known["Sid"].as_str().unwrap_or_default();
                let sid = names.instead_of(&source.names, sid);
                if policy != "public" && operations.iter().any(|it| it.contains('{')) {
                    aws::reason(tree, &sid, names, change)?;
                }
                change.edit(tree, &path, |text| statement(&text, &sid, &operations))?;
            }
        }
    }
    Ok(())
}

/// What a statement lets somebody invoke: version, method and path.
fn resources(statement: &Value) -> impl Iterator<Item = &str> {
    let resources = statement["Resource"].as_array().into_iter().flatten();
    resources.filter_map(|it| it.as_str()?.strip_prefix(ARN))
}

impl Source {
    /// Whether this operation is of the service, by its path.
    fn has(&self, operation: &str) -> bool {
        let first = operation.split('/').nth(2).unwrap_or_default();
        first == self.names.service || first == self.names.nouns
    }
}

/// Adds a statement that allows these operations to the end of a policy.
pub(super) fn statement(text: &str, sid: &str, operations: &[String]) -> anyhow::Result<String> {
    let arns = operations.iter().map(|it| format!("        \"{ARN}{it}\""));
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
