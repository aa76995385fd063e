//! The operations of some documents, by method and path, whichever document has them: which service answers is
//! nothing that a client has to know.

use std::collections::BTreeMap;

use anyhow::Context;
use serde_json::{Map, Value};

const METHODS: [&str; 5] = ["get", "put", "post", "delete", "patch"];

/// Operations by `<METHOD> <path>`.
pub(crate) type Operations<'a> = BTreeMap<String, Operation<'a>>;

/// One operation, and the document that describes it.
#[derive(Clone, Copy)]
pub(crate) struct Operation<'a> {
    pub(crate) document: &'a Value,
    pub(crate) item: &'a Value,
    pub(crate) described: &'a Value,
}

/// The operations of these documents.
pub(crate) fn operations(documents: &[Value]) -> Operations<'_> {
    let mut all = Operations::new();
    for document in documents {
        let base = base_path(document);
        for (path, item) in members(&document["paths"]) {
            for method in METHODS {
                if let Some(described) = item.get(method) {
                    let name = format!("{} {base}{path}", method.to_uppercase());
                    let operation = Operation {
                        document,
                        item,
                        described,
                    };
                    all.insert(name, operation);
                }
            }
        }
    }
    all
}

/// What stands before each path of a document.
fn base_path(document: &Value) -> &str {
    let server = document["servers"][0]["url"].as_str().unwrap_or_default();
    server.trim_end_matches('/')
}

/// The members of an object; none of anything else.
pub(crate) fn members(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

/// The items of a list; none of anything else.
pub(crate) fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// What a value refers to within its document, or itself. A reference that leads nowhere is no description.
pub(crate) fn resolve<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    let mut found = value;
    for _ in 0..16 {
        let Some(reference) = found["$ref"].as_str() else {
            break;
        };
        let pointer = reference.strip_prefix('#').unwrap_or_default();
        found = document.pointer(pointer).unwrap_or(&Value::Null);
    }
    found
}

impl<'a> Operation<'a> {
    /// What an operation says of itself, else its path, else its document.
    pub(crate) fn inherited(&self, key: &str) -> &'a Value {
        let own = self.described.get(key).or_else(|| self.item.get(key));
        own.unwrap_or(&self.document[key])
    }

    /// Its parameters by place and name; those of its path are its own.
    pub(crate) fn parameters(&self) -> BTreeMap<String, &'a Value> {
        let all = items(&self.item["parameters"]).chain(items(&self.described["parameters"]));
        let all = all.map(|it| resolve(self.document, it));
        let key = |it: &Value| {
            let (place, name) = (it["in"].as_str()?, it["name"].as_str()?);
            // Names of headers have no case.
            let name = match place {
                "header" => name.to_lowercase(),
                _ => name.to_owned(),
            };
            Some(format!("{place} parameter `{name}`"))
        };
        all.filter_map(|it| Some((key(it)?, it))).collect()
    }
}

/// Reads a document.
pub(crate) fn parse(name: &str, text: &str) -> anyhow::Result<Value> {
    let document: Value = serde_json::from_str(text).with_context(|| name.to_owned())?;
    let has_paths = document["paths"].as_object().map(Map::len);
    has_paths.with_context(|| format!("{name}: has no `paths`"))?;
    Ok(document)
}
