//! Go: types, operations and all by ourselves, with nothing but the standard library. oapi-codegen's types of unions and files bring a
//! runtime of theirs, and its client a type of answer for each operation.

use std::{fs, path::Path};

use anyhow::Context;
use serde_json::Value;

use super::document::{Document, Operation};
use crate::run::run;

/// Written in capitals, as Go does.
const INITIALISMS: [&str; 7] = ["id", "url", "api", "json", "mfa", "sql", "uri"];

pub(super) fn generate(document: &Document, folder: &Path) -> anyhow::Result<()> {
    fs::write(folder.join("types.go"), types(document)?)?;
    fs::write(folder.join("operations.go"), operations(document)?)?;
    fs::write(folder.join("slugs.go"), slugs(document))?;
    let format = ["-w", "types.go", "operations.go", "slugs.go"];
    run(std::process::Command::new("gofmt")
        .args(format)
        .current_dir(folder))
}

fn types(document: &Document) -> anyhow::Result<String> {
    let mut text = "// Code generated from the API's document. DO NOT EDIT.\n\npackage terrace\n\nimport \"time\"\n\n\
        // Page is one page of a list.\n\
        type Page[T any] struct {\n\
        \t// Items are in the order asked for.\n\
        \tItems []T `json:\"items\"`\n\
        \t// NextCursor is for the next page; nil on the last.\n\
        \tNextCursor *string `json:\"next_cursor\"`\n}\n"
        .to_owned();
    let schemas = document.0["components"]["schemas"].as_object();
    let schemas = schemas.context("a document has schemas")?;
    for (name, schema) in schemas {
        let about = comment(&format!("{name}: {}", description(schema)), "");
        let items = &schema["properties"]["items"]["items"];
        text += "\n";
        text += &about;
        if name.ends_with("Page") && items.get("$ref").is_some() {
            text += &format!("type {name} = Page[{}]\n", typed(items));
        } else if let Some(values) = schema["enum"].as_array() {
            text += &format!("type {name} string\n\nconst (\n");
            for value in values.iter().filter_map(Value::as_str) {
                text += &format!("\t{name}{} {name} = {value:?}\n", public(value));
            }
            text += ")\n";
        } else {
            let (properties, required) = document.members(schema);
            if properties.is_empty() {
                text += &format!("type {name} = {}\n", typed(schema));
                continue;
            }
            text += &format!("type {name} struct {{\n");
            for (property, schema) in properties {
                let is_required = required.contains(&property);
                text += &comment(&description(&schema), "\t");
                text += &field(&property, &schema, is_required, "json");
            }
            text += "}\n";
        }
    }
    Ok(text)
}

fn slugs(document: &Document) -> String {
    let slugs = document.slugs().into_iter();
    let constants = slugs.map(|slug| format!("\tSlug{} = {slug:?}\n", public(slug)));
    format!(
        "// Code generated from the API's document. DO NOT EDIT.\n\npackage terrace\n\n\
         // Kinds of refusals, as the Slug of a Refusal has them. A later release of the API may have others.\n\
         const (\n{})\n",
        constants.collect::<String>()
    )
}

fn field(name: &str, schema: &Value, is_required: bool, tag: &str) -> String {
    let is_many = schema["type"] == "array" || schema["type"] == "object";
    let pointer = match (is_required && schema["nullable"] != true) || is_many {
        true => "",
        false => "*",
    };
    let omit = if is_required { "" } else { ",omitempty" };
    format!(
        "\t{} {pointer}{} `{tag}:\"{name}{omit}\"`\n",
        public(name),
        typed(schema)
    )
}

fn operations(document: &Document) -> anyhow::Result<String> {
    let mut text = "// Code generated from the API's document. DO NOT EDIT.\n\npackage terrace\n\nimport \"context\"\n".to_owned();
    for operation in document.operations() {
        let method = method(&operation);
        text += &method.with_context(|| operation.id.clone())?;
    }
    Ok(text)
}

fn method(operation: &Operation) -> anyhow::Result<String> {
    let name = public(&operation.id);
    let (mut arguments, mut fields, mut send) = (String::new(), String::new(), String::new());
    let mut path = format!("{:?}", operation.path);
    let parameters = operation.described["parameters"].as_array();
    for parameter in parameters.into_iter().flatten() {
        let wire = parameter["name"]
            .as_str()
            .context("a parameter has a name")?;
        let argument = public(wire);
        match parameter["in"].as_str() {
            Some("path") => {
                let local = format!("path{argument}");
                arguments += &format!(", {local} string");
                path = path.replace(
                    &format!("{{{wire}}}"),
                    &format!("\" + segment({local}) + \""),
                );
            }
            place => {
                if wire == "Idempotency-Key" {
                    continue;
                }
                let about = parameter["description"].as_str().unwrap_or_default();
                fields += &comment(about, "\t");
                fields += &format!("\t{argument} *{}\n", typed(&parameter["schema"]));
                let set = if place == Some("query") {
                    "query"
                } else {
                    "header"
                };
                send += &format!("\tset(call.{set}, {wire:?}, params.{argument})\n");
            }
        }
    }
    let path = path.trim_end_matches(" + \"\"").to_owned();
    let mut text = String::new();
    if !fields.is_empty() {
        text += &format!(
            "\n// {name}Params may be left out, each of them.\ntype {name}Params struct {{\n{fields}}}\n"
        );
        arguments += &format!(", params {name}Params");
    }
    let body = operation.described["requestBody"]["content"].as_object();
    if let Some((media, body)) = body.and_then(|content| content.iter().next()) {
        let is_required = operation.described["requestBody"]["required"] == true;
        let pointer = if is_required { "" } else { "*" };
        arguments += &format!(", body {pointer}{}", typed(&body["schema"]));
        let put = match media == "application/json" {
            true => "\tcall.json(body)\n",
            false => "\tcall.bytes(body)\n",
        };
        send += &match is_required {
            true => put.to_owned(),
            false => format!("\tif body != nil {{\n\t{put}\t}}\n"),
        };
    }
    let responses = operation.described["responses"].as_object();
    let contents = responses
        .into_iter()
        .flatten()
        .map(|(_, it)| &it["content"]);
    let returned = match contents.filter_map(Value::as_object).flatten().next() {
        Some((media, content)) if media == "application/json" => typed(&content["schema"]),
        Some(_) => "[]byte".to_owned(),
        None => String::new(),
    };
    let end = match returned.is_empty() {
        true => "\t_, err := c.send(ctx, call, options)\n\treturn err\n".to_owned(),
        false if returned == "[]byte" => "\treturn c.send(ctx, call, options)\n".to_owned(),
        false => format!("\treturn answer[{returned}](c.send(ctx, call, options))\n"),
    };
    let result = match returned.is_empty() {
        true => "error".to_owned(),
        false => format!("({returned}, error)"),
    };
    let about = comment(&format!("{name}: {}", operation.summary), "");
    let deprecated = match operation.described["deprecated"] == true {
        true => "//\n// Deprecated: see the Link of its answers.\n",
        false => "",
    };
    let is_keyed = operation.is_keyed();
    Ok(format!(
        "{text}\n{about}{deprecated}func (c *Client) {name}(ctx context.Context{arguments}, options ...Option) {result} {{\n\
         \tcall := newCall({:?}, {path}, {is_keyed})\n{send}{end}}}\n",
        operation.method
    ))
}

fn typed(schema: &Value) -> String {
    if let Some(name) = schema["$ref"].as_str() {
        return name.rsplit('/').next().unwrap_or_default().to_owned();
    }
    let format = schema["format"].as_str().unwrap_or_default();
    match (schema["type"].as_str(), format) {
        (Some("string"), "date-time") => "time.Time".to_owned(),
        (Some("string"), "binary") => "[]byte".to_owned(),
        (Some("string"), _) => "string".to_owned(),
        (Some("integer"), _) => "int64".to_owned(),
        (Some("number"), _) => "float64".to_owned(),
        (Some("boolean"), _) => "bool".to_owned(),
        (Some("array"), _) => format!("[]{}", typed(&schema["items"])),
        (Some("object"), _) => match &schema["additionalProperties"] {
            values @ Value::Object(_) => format!("map[string]{}", typed(values)),
            _ => "map[string]any".to_owned(),
        },
        _ => "any".to_owned(),
    }
}

/// `place_order` as `PlaceOrder`, `image_url` as `ImageURL`.
fn public(name: &str) -> String {
    let words = name.split(['_', '-', '.', '/']).map(|word| {
        let word = word.to_lowercase();
        if INITIALISMS.contains(&&*word) {
            return word.to_uppercase();
        }
        let (head, tail) = word.split_at(word.len().min(1));
        head.to_uppercase() + tail
    });
    words.collect()
}

fn description(schema: &Value) -> String {
    schema["description"]
        .as_str()
        .unwrap_or_default()
        .to_owned()
}

fn comment(text: &str, indent: &str) -> String {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.map(|line| format!("{indent}// {line}\n")).collect()
}
