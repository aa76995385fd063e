//! `cargo xtask api clone`: the same operations under another name, with policies of their own. What is there stays.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::Write,
    path::{Path, PathBuf},
};

use anyhow::{Context, bail, ensure};
use serde_json::{Map, Value, json};

use super::operations::{items, members, operations, parse};

/// Files by their path below the folder.
type Files = BTreeMap<PathBuf, String>;

/// A second API to make.
pub(super) struct SecondApi<'a> {
    /// The name of the first.
    pub(super) api: &'a str,
    /// Its own, which its paths begin with.
    pub(super) name: &'a str,
}

impl SecondApi<'_> {
    /// Makes it of what is in `from`. Into another folder all that belongs to it goes along.
    pub(super) fn write(&self, from: &Path, into: &Path) -> anyhow::Result<()> {
        let there = read(from)?;
        let new = self.files(&there)?;
        for path in new.keys().map(|path| into.join(path)) {
            ensure!(!path.exists(), "{} is there already", path.display());
        }
        let along = there
            .into_iter()
            .filter(|(path, _)| !into.join(path).exists());
        let along: Files = along.filter(|_| into != from).collect();
        for (path, text) in along.into_iter().chain(new) {
            let path = into.join(path);
            fs::create_dir_all(path.parent().unwrap_or(into))?;
            let mut file = File::create_new(&path).with_context(|| path.display().to_string())?;
            file.write_all(text.as_bytes())?;
            println!("{} written", path.display());
        }
        self.tell(from, into);
        Ok(())
    }

    /// What can be done with it.
    fn tell(&self, from: &Path, into: &Path) {
        let Self { api, name } = self;
        let shown = |folder: &str| {
            let path = into.join(folder);
            path.strip_prefix(from)
                .unwrap_or(&path)
                .display()
                .to_string()
        };
        let (documents, policies) = (shown("openapi"), shown("policies"));
        let service = api.to_uppercase();
        println!(
            "
Let it be answered from its examples:
  TERRACE_EDGE__MOCKS={documents}/{name}.json TERRACE_EDGE__POLICIES={policies} cargo run
or by the service of the first:
  EDGE__DOCUMENTS={documents} EDGE__POLICIES={policies} EDGE__UPSTREAMS__{service}__DOCUMENTS={api},{name} cargo xtask up --store sqlite
Its operations are those of {api} below http://localhost:8080/{name}, until you change {documents}/{name}.json."
        );
    }

    fn files(&self, there: &Files) -> anyhow::Result<Files> {
        let Self { api, name } = self;
        let is_name = name.split('-').all(|word| {
            !word.is_empty()
                && word
                    .bytes()
                    .all(|it| it.is_ascii_lowercase() || it.is_ascii_digit())
        });
        ensure!(
            is_name,
            "`{name}`: expected small letters, digits and single hyphens"
        );
        let mut documents = Vec::new();
        for (path, text) in there.iter().filter(|(path, _)| path.starts_with("openapi")) {
            documents.push(parse(&path.display().to_string(), text)?);
        }
        let mut taken = documents.iter().flat_map(|it| members(&it["paths"]));
        let clash = taken.find(|(path, _)| path.split('/').nth(1) == Some(name));
        if let Some((path, _)) = clash {
            bail!("`{name}`: there is {path} already");
        }
        ensure!(*name != "internal", "`internal`: is for neighbours alone");
        ensure!(
            *api != "terrace",
            "openapi/terrace.json: is all APIs in one"
        );
        let original = Path::new("openapi").join(format!("{api}.json"));
        let original = there
            .get(&original)
            .with_context(|| format!("there is no openapi/{api}.json"))?;
        let original = parse(api, original)?;
        ensure!(
            original.get("servers").is_none(),
            "{api} is a clone itself, or is served by others"
        );

        let mut files = self.policies(&original, there)?;
        let document = self.document(original);
        files.insert(format!("openapi/{name}.json").into(), text(&document)?);
        Ok(files)
    }

    fn document(&self, mut document: Value) -> Value {
        let prefix = self.name.replace('-', "_");
        let items = document["paths"].as_object_mut().into_iter().flatten();
        for operation in items.flat_map(|(_, item)| item.as_object_mut().into_iter().flatten()) {
            if let Some(Value::String(id)) = operation.1.get_mut("operationId") {
                *id = format!("{prefix}_{id}");
            }
        }
        document["info"]["title"] = json!(format!("Terrace {}", self.name));
        document["servers"] = json!([{ "url": format!("/{}", self.name) }]);
        document
    }

    /// What the policies say of the operations, said of the new ones; and roles that have these policies.
    fn policies(&self, original: &Value, there: &Files) -> anyhow::Result<Files> {
        let own = [original.clone()];
        let arns = operations(&own).into_keys().filter_map(|operation| {
            let (method, path) = operation.split_once(' ')?;
            Some((
                arn(method, path),
                arn(method, &format!("/{}{path}", self.name)),
            ))
        });
        let arns: BTreeMap<String, String> = arns.collect();
        let mut files = Files::new();
        for (policy, parsed) in policies(there, |name| !is_roles(name))? {
            let statements = match &parsed["Statement"] {
                Value::Array(all) => all.iter().collect(),
                one => vec![one],
            };
            let statements = statements.into_iter().filter_map(|it| renamed(it, &arns));
            let statements: Vec<Value> = statements.collect();
            if !statements.is_empty() {
                let policy = format!("policies/{}-{policy}.json", self.name);
                let parsed = json!({ "Version": "2012-10-17", "Statement": statements });
                files.insert(policy.into(), text(&parsed)?);
            }
        }
        let mut roles = Map::new();
        for (_, parsed) in policies(there, is_roles)? {
            for (role, described) in members(&parsed) {
                let policies = items(&described["policies"]).filter_map(Value::as_str);
                let policies = policies.map(|policy| format!("{}-{policy}", self.name));
                let policies = policies
                    .filter(|it| files.contains_key(Path::new(&format!("policies/{it}.json"))));
                let policies: Vec<String> = policies.collect();
                if !policies.is_empty() {
                    let described =
                        json!({ "callers": described["callers"], "policies": policies });
                    roles.insert(format!("{}-{role}", self.name), described);
                }
            }
        }
        let path = format!("policies/{}.roles.json", self.name);
        files.insert(path.into(), text(&Value::Object(roles))?);
        Ok(files)
    }
}

/// A statement about the operations among `arns`, if it names any. One with wildcards holds for the new ones as
/// far as they match.
fn renamed(statement: &Value, arns: &BTreeMap<String, String>) -> Option<Value> {
    let resources = match &statement["Resource"] {
        Value::Array(all) => all.iter().collect(),
        one => vec![one],
    };
    let resources = resources
        .into_iter()
        .filter_map(|it| arns.get(it.as_str()?));
    let resources: Vec<_> = resources.collect();
    let mut statement = statement.clone();
    statement["Resource"] = json!(resources);
    Some(statement).filter(|_| !resources.is_empty())
}

/// The edge's name of an operation: docs/policies.md.
fn arn(method: &str, path: &str) -> String {
    let path = path.trim_start_matches('/');
    let (stage, path) = match path.split_once('/') {
        Some((version, rest)) if version.starts_with('v') => (version, rest),
        _ => ("$default", path),
    };
    format!("arn:terrace:execute-api:local:shop:{stage}/{method}/{path}")
}

fn is_roles(name: &str) -> bool {
    name == "roles" || name.ends_with(".roles")
}

/// The files of policies whose name, without `.json`, is wanted.
fn policies(there: &Files, is_wanted: impl Fn(&str) -> bool) -> anyhow::Result<Vec<(&str, Value)>> {
    let all = there
        .iter()
        .filter(|(path, _)| path.starts_with("policies"));
    let all = all.filter_map(|(path, text)| Some((path.file_stem()?.to_str()?, path, text)));
    let wanted = all.filter(|(name, ..)| is_wanted(name));
    let parsed = wanted.map(|(name, path, text)| {
        let parsed = serde_json::from_str(text);
        Ok((name, parsed.with_context(|| path.display().to_string())?))
    });
    parsed.collect()
}

/// The documents and the policies in this folder.
fn read(folder: &Path) -> anyhow::Result<Files> {
    let mut files = Files::new();
    for kind in ["openapi", "policies"] {
        let entries = folder.join(kind);
        for entry in fs::read_dir(&entries).with_context(|| entries.display().to_string())? {
            let path = entry?.path();
            if path.extension().is_some_and(|it| it == "json") {
                let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
                let name = path.file_name().context("a file has a name")?;
                files.insert(Path::new(kind).join(name), text);
            }
        }
    }
    Ok(files)
}

fn text(value: &Value) -> anyhow::Result<String> {
    Ok(serde_json::to_string_pretty(value)? + "\n")
}
