//! Swift: types and operations by ourselves, with Foundation alone. openapi-generator's client hides what was refused, and
//! swift-openapi-generator's brings a runtime and has a type of answer for each operation.

use std::{fs, path::Path};

use anyhow::{Context, bail};
use serde_json::Value;

use super::{
    document::{Document, Operation},
    schema::camel,
};

const HEAD: &str = "// Generated from the API's document.\n\nimport Foundation\n";

pub(super) fn generate(document: &Document, folder: &Path) -> anyhow::Result<()> {
    let sources = folder.join("Sources/TerraceSDK");
    fs::write(sources.join("Types.swift"), types(document)?)?;
    let methods: Result<String, _> = document
        .operations()
        .iter()
        .map(|it| method(document, it).with_context(|| it.id.clone()))
        .collect();
    let text = format!("{HEAD}\nextension Terrace {{{}}}\n", methods?);
    fs::write(sources.join("Operations.swift"), text)?;
    Ok(())
}

fn types(document: &Document) -> anyhow::Result<String> {
    let schemas = document.0["components"]["schemas"].as_object();
    let sent = document.sent();
    let slugs: Vec<Value> = document.slugs().into_iter().map(Value::from).collect();
    let about = "Kinds of refusals. A later release of the API may have others.";
    let mut made = format!("{HEAD}\n/// {about}\n{}", enumeration("Slug", &slugs));
    for (name, schema) in schemas.context("a document has schemas")? {
        if document.item_of(name).is_some() {
            continue;
        }
        made += "\n";
        made += &comment(&schema["description"], "");
        if let Some(values) = schema["enum"].as_array() {
            made += &enumeration(name, values);
        } else if let Some(forms) = schema["oneOf"].as_array() {
            made += &choice(document, name, forms);
        } else {
            let text = structure(document, name, schema, sent.contains(name));
            made += &text.with_context(|| name.clone())?;
        }
    }
    Ok(made)
}

/// Open: what a later release of the API says is no fault.
fn enumeration(name: &str, values: &[Value]) -> String {
    let values = values.iter().filter_map(Value::as_str);
    let constants: String = values
        .map(|value| {
            let constant = self::name(&value.replace('/', "_"));
            format!("    public static let {constant} = {name}(rawValue: {value:?})\n")
        })
        .collect();
    format!(
        "public struct {name}: RawRepresentable, Codable, Hashable, Sendable, CustomStringConvertible {{\n\
         \x20   public let rawValue: String\n\n    public init(rawValue: String) {{ self.rawValue = rawValue }}\n\n{constants}\n\
         \x20   public var description: String {{ rawValue }}\n}}\n"
    )
}

fn choice(document: &Document, name: &str, forms: &[Value]) -> String {
    let (mut cases, mut encode) = (String::new(), String::new());
    for form in forms {
        let typed = typed(document, form);
        let case = typed[..1].to_lowercase() + &typed[1..];
        cases += &format!("    case {case}({typed})\n");
        encode += &format!("        case .{case}(let form): try form.encode(to: encoder)\n");
    }
    format!(
        "public enum {name}: Encodable, Sendable {{\n{cases}\n    public func encode(to encoder: any Encoder) throws {{\n\
         \x20       switch self {{\n{encode}        }}\n    }}\n}}\n"
    )
}

fn structure(
    document: &Document,
    name: &str,
    schema: &Value,
    is_sent: bool,
) -> anyhow::Result<String> {
    let (properties, required) = document.members(schema);
    let (mut members, mut keys, mut given, mut set) =
        (String::new(), String::new(), Vec::new(), String::new());
    for (wire, schema) in &properties {
        let is_required = required.contains(wire);
        let is_nullable = schema["nullable"] == true;
        if is_sent && is_required && is_nullable {
            bail!("{wire} has to be sent though it be null, and what is nil is not sent");
        }
        let member = self::name(wire);
        let mut typed = typed(document, schema);
        let default = match is_required && !is_nullable {
            true => "",
            false => {
                typed += "?";
                " = nil"
            }
        };
        members += &comment(&schema["description"], "    ");
        members += &format!("    public var {member}: {typed}\n");
        keys += &format!("        case {member} = {wire:?}\n");
        given.push(format!("{member}: {typed}{default}"));
        let plain = member.trim_matches('`');
        set += &format!("        self.{plain} = {member}\n");
    }
    Ok(format!(
        "public struct {name}: Codable, Hashable, Sendable {{\n{members}\n\
         \x20   public init({}) {{\n{set}    }}\n\n\
         \x20   enum CodingKeys: String, CodingKey {{\n{keys}    }}\n}}\n",
        given.join(", ")
    ))
}

fn method(document: &Document, operation: &Operation) -> anyhow::Result<String> {
    let (mut arguments, mut optional, mut send) = (Vec::new(), Vec::new(), String::new());
    let mut path = operation.path.clone();
    let parameters = operation.described["parameters"].as_array();
    for parameter in parameters.into_iter().flatten() {
        let wire = parameter["name"]
            .as_str()
            .context("a parameter has a name")?;
        let argument = name(&wire.to_lowercase());
        match parameter["in"].as_str() {
            Some("path") => {
                let value = format!("\\(try segment({argument}))");
                path = path.replace(&format!("{{{wire}}}"), &value);
                arguments.push(format!("{argument}: String"));
            }
            _ if wire == "Idempotency-Key" => {}
            place => {
                let typed = typed(document, &parameter["schema"]);
                optional.push(format!("{argument}: {typed}? = nil"));
                let (set, wire) = match place {
                    Some("query") => ("query", wire.to_owned()),
                    _ => ("header", wire.to_lowercase()),
                };
                send += &format!("        call.{set}({wire:?}, {argument})\n");
            }
        }
    }
    let body = operation.described["requestBody"]["content"].as_object();
    if let Some((media, body)) = body.and_then(|content| content.iter().next()) {
        let is_json = media == "application/json";
        let (typed, put) = match is_json {
            true => (typed(document, &body["schema"]), "try call.json(body)"),
            false => ("Data".to_owned(), "call.bytes(body)"),
        };
        match operation.described["requestBody"]["required"] == true {
            true => arguments.push(format!("_ body: {typed}")),
            false => arguments.push(format!("_ body: {typed}? = nil")),
        }
        send += &format!("        {put}\n");
    }
    arguments.append(&mut optional);
    arguments.push("options: CallOptions = CallOptions()".to_owned());
    let responses = operation.described["responses"].as_object();
    let contents = responses
        .into_iter()
        .flatten()
        .map(|(_, it)| &it["content"]);
    let (returned, end) = match contents.filter_map(Value::as_object).flatten().next() {
        Some((media, content)) if media == "application/json" => (
            format!(" -> {}", typed(document, &content["schema"])),
            "return try await answer(call, options)",
        ),
        Some(_) => (
            " -> Data".to_owned(),
            "return try await send(call, options)",
        ),
        None => (String::new(), "try await send(call, options)"),
    };
    let about = comment(&operation.summary.clone().into(), "    ");
    let deprecated = match operation.described["deprecated"] == true {
        true => "    @available(*, deprecated, message: \"see the Link of its answers\")\n",
        false => "",
    };
    let binding = if send.is_empty() { "let" } else { "var" };
    let keyed = if operation.is_keyed() {
        ", isKeyed: true"
    } else {
        ""
    };
    Ok(format!(
        "\n{about}{deprecated}    public func {}({}) async throws{returned} {{\n\
         \x20       {binding} call = Call({:?}, \"{path}\"{keyed})\n{send}        {end}\n    }}\n",
        camel(&operation.id),
        arguments.join(", "),
        operation.method
    ))
}

fn typed(document: &Document, schema: &Value) -> String {
    if let Some(name) = schema["$ref"].as_str() {
        let name = name.rsplit('/').next().unwrap_or_default();
        return match document.item_of(name) {
            Some(item) => format!("Page<{}>", typed(document, item)),
            None => name.to_owned(),
        };
    }
    let format = schema["format"].as_str().unwrap_or_default();
    match (schema["type"].as_str(), format) {
        (Some("string"), "date-time") => "Date".to_owned(),
        (Some("string"), "binary") => "Data".to_owned(),
        (Some("string"), _) => "String".to_owned(),
        (Some("integer"), _) => "Int".to_owned(),
        (Some("number"), _) => "Double".to_owned(),
        (Some("boolean"), _) => "Bool".to_owned(),
        (Some("array"), _) => format!("[{}]", typed(document, &schema["items"])),
        (Some("object"), _) => match &schema["additionalProperties"] {
            values @ Value::Object(_) => format!("[String: {}]", typed(document, values)),
            _ => "[String: JSONValue]".to_owned(),
        },
        _ => "JSONValue".to_owned(),
    }
}

/// `if-match` as `ifMatch`; words of Swift are written as they may be.
fn name(wire: &str) -> String {
    let name = camel(&wire.replace('-', "_"));
    match &*name {
        "case" | "class" | "default" | "in" | "init" | "internal" | "is" | "let" | "operator"
        | "private" | "protocol" | "public" | "repeat" | "return" | "self" | "switch" | "var"
        | "where" => {
            format!("`{name}`")
        }
        _ => name,
    }
}

fn comment(text: &Value, indent: &str) -> String {
    let lines = text.as_str().unwrap_or_default().lines().map(str::trim);
    let lines = lines.filter(|line| !line.is_empty());
    lines.map(|line| format!("{indent}/// {line}\n")).collect()
}
