//! Rust: types and operations by ourselves. progenitor takes one type of answer and one of refusal for an operation, and ours have more;
//! openapi-generator's client signs with a release of aws-sigv4 of years ago.

use std::{fs, path::Path};

use anyhow::Context;
use serde_json::{Map, Value};

use super::document::{Document, Operation};
use crate::run::run;

pub(super) fn generate(document: &Document, folder: &Path) -> anyhow::Result<()> {
    // Cargo would take it for a package of this repository.
    fs::rename(folder.join("Cargo.toml.in"), folder.join("Cargo.toml"))?;
    fs::write(folder.join("src/types.rs"), types(document)?)?;
    fs::write(folder.join("src/operations.rs"), operations(document)?)?;
    fs::write(folder.join("src/slugs.rs"), slugs(document))?;
    run(std::process::Command::new("rustfmt")
        .args(["--edition", "2024", "src/lib.rs"])
        .current_dir(folder))
}

fn types(document: &Document) -> anyhow::Result<String> {
    let mut text = "//! What operations take and answer. Generated.\n\n\
        use std::collections::BTreeMap;\n\n\
        use serde::{Deserialize, Serialize};\n\
        use serde_json::Value;\n\n\
        /// One page of a list.\n\
        #[derive(Clone, Debug, Deserialize, Serialize)]\n\
        pub struct Page<T> {\n    pub items: Vec<T>,\n    /// For the next page; none on the last.\n    pub next_cursor: Option<String>,\n}\n"
        .to_owned();
    let schemas = document.0["components"]["schemas"].as_object();
    let sent = document.sent();
    for (name, schema) in schemas.context("a document has schemas")? {
        let items = &schema["properties"]["items"]["items"];
        text += "\n";
        text += &comment(&schema["description"], "");
        if name.ends_with("Page") && items.get("$ref").is_some() {
            text += &format!("pub type {name} = Page<{}>;\n", typed(items, ""));
            continue;
        }
        if let Some(values) = schema["enum"].as_array() {
            text += "#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]\n";
            text += &format!("pub enum {name} {{\n");
            for value in values.iter().filter_map(Value::as_str) {
                text += &format!(
                    "    #[serde(rename = {value:?})]\n    {},\n",
                    variant(value)
                );
            }
            text += "}\n";
            continue;
        }
        let (properties, required) = document.members(schema);
        if properties.is_empty() {
            text += &format!("pub type {name} = {};\n", typed(schema, ""));
            continue;
        }
        // One that callers make with `..` after what they want stays whole when the API takes more.
        let is_made = sent.contains(name);
        text += "#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]\n";
        if is_made && required.is_empty() {
            text += "#[derive(Default)]\n";
        }
        text += &format!("pub struct {name} {{\n");
        for (property, schema) in &properties {
            text += &comment(&schema["description"], "    ");
            let is_required = required.contains(property);
            let member = member(property);
            if member != property {
                text += &format!("    #[serde(rename = {property:?})]\n");
            }
            if !is_required {
                text += "    #[serde(default, skip_serializing_if = \"Option::is_none\")]\n";
            }
            let typed = optional(
                &typed(schema, ""),
                is_required && schema["nullable"] != true,
            );
            text += &format!("    pub {member}: {typed},\n");
        }
        text += "}\n";
        if is_made && !required.is_empty() && required.len() < properties.len() {
            text += &constructor(name, &properties, &required);
        }
    }
    Ok(text)
}

fn slugs(document: &Document) -> String {
    let constants = document.slugs().into_iter().map(|slug| {
        let name = slug.to_uppercase().replace('-', "_");
        format!("pub const {name}: &str = {slug:?};\n")
    });
    let head = "//! The kinds of problems, as [`Facts::slug`](crate::Facts::slug) has them. The API may add others. Generated.\n\n";
    head.to_owned() + &constants.collect::<String>()
}

/// A function that makes a type of what it must have, in the order in which the document says so.
fn constructor(name: &str, properties: &Map<String, Value>, required: &[String]) -> String {
    let (mut arguments, mut members) = (String::new(), String::new());
    for property in required {
        let (member, schema) = (member(property), &properties[property]);
        match optional(&typed(schema, ""), schema["nullable"] != true).as_str() {
            "String" => {
                arguments += &format!("{member}: impl Into<String>, ");
                members += &format!("{member}: {member}.into(), ");
            }
            typed => {
                arguments += &format!("{member}: {typed}, ");
                members += &format!("{member}, ");
            }
        }
    }
    for property in properties.keys().filter(|it| !required.contains(it)) {
        members += &format!("{}: None, ", member(property));
    }
    format!(
        "\nimpl {name} {{\n    /// With what it must have; the rest is left out.\n    \
         pub fn new({arguments}) -> Self {{ Self {{ {members} }} }}\n}}\n"
    )
}

fn operations(document: &Document) -> anyhow::Result<String> {
    let (mut params, mut methods) = (String::new(), String::new());
    for operation in document.operations() {
        let (one, method) = method(&operation).with_context(|| operation.id.clone())?;
        params += &one;
        methods += &method;
    }
    Ok(format!(
        "//! Every operation, as a method. Generated.\n\n\
         use reqwest::Method;\n\n\
         use crate::{{Client, Refusal, call::{{Call, segment}}, types}};\n\
         {params}\nimpl Client {{{methods}}}\n"
    ))
}

/// The type of an operation's parameters, and its method.
fn method(operation: &Operation) -> anyhow::Result<(String, String)> {
    let name = variant(&operation.id) + "Params";
    let (mut arguments, mut fields, mut send) = (String::new(), String::new(), String::new());
    let (mut path, mut values) = (operation.path.clone(), String::new());
    let parameters = operation.described["parameters"].as_array();
    for parameter in parameters.into_iter().flatten() {
        let wire = parameter["name"]
            .as_str()
            .context("a parameter has a name")?;
        let argument = wire.to_lowercase().replace('-', "_");
        match parameter["in"].as_str() {
            Some("path") => {
                arguments += &format!(", {argument}: &str");
                path = path.replace(&format!("{{{wire}}}"), "{}");
                values += &format!(", segment({argument})?");
            }
            _ if wire == "Idempotency-Key" => {}
            place => {
                fields += &comment(&parameter["description"], "    ");
                let typed = typed(&parameter["schema"], "types::");
                // Over the wire an enumeration is its word.
                let typed = if typed.starts_with("types::") {
                    "String".to_owned()
                } else {
                    typed
                };
                fields += &format!("    pub {argument}: Option<{typed}>,\n");
                let (set, wire) = match place {
                    Some("query") => ("query", wire.to_owned()),
                    _ => ("header", wire.to_lowercase()),
                };
                send += &format!("        call.{set}({wire:?}, params.{argument}.as_ref());\n");
            }
        }
    }
    let mut params = String::new();
    if !fields.is_empty() {
        params = format!(
            "\n/// They may be left out, each of them.\n#[derive(Clone, Debug, Default)]\npub struct {name} {{\n{fields}}}\n"
        );
        arguments += &format!(", params: &{name}");
    }
    let body = operation.described["requestBody"]["content"].as_object();
    if let Some((media, body)) = body.and_then(|content| content.iter().next()) {
        let is_json = media == "application/json";
        let typed = if is_json {
            typed(&body["schema"], "types::")
        } else {
            "[u8]".to_owned()
        };
        let put = if is_json {
            "call.json(body)?;"
        } else {
            "call.bytes(body);"
        };
        if operation.described["requestBody"]["required"] == true {
            arguments += &format!(", body: &{typed}");
            send += &format!("        {put}\n");
        } else {
            arguments += &format!(", body: Option<&{typed}>");
            send += &format!("        if let Some(body) = body {{ {put} }}\n");
        }
    }
    let responses = operation.described["responses"].as_object();
    let contents = responses
        .into_iter()
        .flatten()
        .map(|(_, it)| &it["content"]);
    let (returned, end) = match contents.filter_map(Value::as_object).flatten().next() {
        Some((media, content)) if media == "application/json" => (
            typed(&content["schema"], "types::"),
            "self.json(call).await",
        ),
        Some(_) => ("Vec<u8>".to_owned(), "self.bytes(call).await"),
        None => ("()".to_owned(), "self.bytes(call).await.map(|_| ())"),
    };
    let mutable = if send.is_empty() { "" } else { "mut " };
    let path = match values.is_empty() {
        true => format!("{path:?}.to_owned()"),
        false => format!("format!({path:?}{values})"),
    };
    let deprecated = match operation.described["deprecated"] == true {
        true => "    #[deprecated]\n",
        false => "",
    };
    let summary = comment(&operation.summary.clone().into(), "    ");
    let is_keyed = operation.is_keyed();
    let method = format!(
        "\n{summary}{deprecated}    pub async fn {}(&self{arguments}) -> Result<{returned}, Refusal> {{\n\
         \x20       let {mutable}call = Call::new(Method::{}, {path}, {is_keyed});\n{send}        {end}\n    }}\n",
        operation.id, operation.method
    );
    Ok((params, method))
}

/// The name of a member; words of Rust are no names.
fn member(name: &str) -> &str {
    match name {
        "type" => "kind",
        "use" => "purpose",
        _ => name,
    }
}

fn optional(typed: &str, is_there: bool) -> String {
    match is_there {
        true => typed.to_owned(),
        false => format!("Option<{typed}>"),
    }
}

fn typed(schema: &Value, module: &str) -> String {
    if let Some(name) = schema["$ref"].as_str() {
        return format!("{module}{}", name.rsplit('/').next().unwrap_or_default());
    }
    let known = match schema["type"].as_str() {
        Some("string") => "String",
        Some("integer") => "i64",
        Some("number") => "f64",
        Some("boolean") => "bool",
        Some("array") => return format!("Vec<{}>", typed(&schema["items"], module)),
        Some("object") if schema["additionalProperties"]["type"] == "string" => {
            "BTreeMap<String, String>"
        }
        _ => "Value",
    };
    known.to_owned()
}

/// `place_order` as `PlaceOrder`, `image/png` as `ImagePng`.
fn variant(name: &str) -> String {
    let words = name.split(['_', '-', '/']).map(|word| {
        let (head, tail) = word.split_at(word.len().min(1));
        head.to_uppercase() + &tail.to_lowercase()
    });
    words.collect()
}

fn comment(text: &Value, indent: &str) -> String {
    let lines = text.as_str().unwrap_or_default().lines().map(str::trim);
    let lines = lines.filter(|line| !line.is_empty());
    lines.map(|line| format!("{indent}/// {line}\n")).collect()
}
