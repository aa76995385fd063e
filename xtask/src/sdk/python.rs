//! Python: types by datamodel-code-generator, and a method an operation by ourselves. openapi-generator writes three methods for
//! each, 22 000 lines in all, and none of them signs.

use std::{fs, path::Path};

use anyhow::Context;
use serde_json::Value;

use super::document::{Document, Operation};
use crate::{needs, run::run};

/// Names that are words of Python.
const WORDS: [&str; 1] = ["from"];

pub(super) fn generate(document: &Document, folder: &Path) -> anyhow::Result<()> {
    let described = folder.join("terrace.json");
    fs::write(&described, serde_json::to_string_pretty(&document.0)?)?;
    let package = folder.join("terrace_sdk");
    let generator = needs::python::datamodel_codegen()?;
    run(std::process::Command::new(generator)
        .arg("--input")
        .arg(&described)
        .args(["--input-file-type", "openapi"])
        .args(["--output-model-type", "typing.TypedDict"])
        .args(["--target-python-version", "3.11"])
        .args(["--use-schema-description", "--use-field-description"])
        .args(["--strict-nullable", "--disable-timestamp"])
        .args(["--formatters", "builtin"])
        .arg("--output")
        .arg(package.join("types.py")))?;
    fs::remove_file(described)?;
    fs::write(package.join("_operations.py"), operations(document)?)?;
    fs::write(package.join("slugs.py"), slugs(document))?;
    Ok(())
}

fn slugs(document: &Document) -> String {
    let constants = document.slugs().into_iter().map(|slug| {
        let name = slug.to_uppercase().replace('-', "_");
        format!("{name}: Final = {slug:?}\n")
    });
    let head = "\"\"\"The kinds of problems, as `Problem.slug` has them. The API may add others. Generated.\"\"\"\n\n\
        from typing import Final\n\n";
    head.to_owned() + &constants.collect::<String>()
}

fn operations(document: &Document) -> anyhow::Result<String> {
    let mut text = "\"\"\"Every operation, as a method. Generated.\"\"\"\n\n\
        import threading\n\
        from abc import ABC, abstractmethod\n\
        from collections.abc import Callable, Mapping\n\
        from typing import Any, Literal, TypedDict, Unpack\n\n\
        from . import types\n\
        from ._sign import escape\n\n\n\
        class Options(TypedDict, total=False):\n\
        \x20   \"\"\"What may be said of one call.\"\"\"\n\n\
        \x20   timeout: float\n\
        \x20   \"\"\"How many seconds an attempt may take.\"\"\"\n\
        \x20   cancel: threading.Event\n\
        \x20   \"\"\"Gives the call up when it is set, with a `CancelledError` of `concurrent.futures`: waits end at once, an answer between\n\
        \x20   two pieces of it.\"\"\"\n\
        \x20   on_headers: Callable[[Mapping[str, str]], None]\n\
        \x20   \"\"\"Is shown the answer's headers, such as `ETag`.\"\"\"\n\n\n\
        def segment(value: str) -> str:\n\
        \x20   \"\"\"One segment of a path; `.` and `..` would lead elsewhere.\"\"\"\n\
        \x20   if value in (\"\", \".\", \"..\"):\n\
        \x20       raise ValueError(f\"{value!r} is no value of a path.\")\n\
        \x20   return escape(value)\n\n\n\
        class Operations(ABC):\n\
        \x20   \"\"\"The operations; how they are sent is for who implements this.\"\"\"\n\n\
        \x20   @abstractmethod\n\
        \x20   def _call(\n\
        \x20       self,\n\
        \x20       method: str,\n\
        \x20       path: str,\n\
        \x20       answer: Literal[\"json\", \"file\", \"nothing\"],\n\
        \x20       options: Options,\n\
        \x20       *,\n\
        \x20       query: Mapping[str, Any] | None = None,\n\
        \x20       headers: Mapping[str, str | None] | None = None,\n\
        \x20       keyed: bool = False,\n\
        \x20       body: Any = None,\n\
        \x20   ) -> Any: ...\n"
        .to_owned();
    for operation in document.operations() {
        let method = method(&operation);
        text += &method.with_context(|| operation.id.clone())?;
    }
    Ok(text)
}

fn method(operation: &Operation) -> anyhow::Result<String> {
    let (mut needed, mut optional) = (String::new(), String::new());
    let (mut query, mut headers) = (Vec::new(), Vec::new());
    let mut path = operation.path.clone();
    let parameters = operation.described["parameters"].as_array();
    for parameter in parameters.into_iter().flatten() {
        let name = parameter["name"]
            .as_str()
            .context("a parameter has a name")?;
        let argument = argument(name);
        let typed = typed(&parameter["schema"]);
        match parameter["in"].as_str() {
            Some("path") => {
                path = path.replace(&format!("{{{name}}}"), &format!("{{segment({argument})}}"))
            }
            Some("query") => query.push(format!("\"{name}\": {argument}")),
            _ => headers.push(format!("\"{name}\": {argument}")),
        }
        if parameter["required"] == true {
            needed += &format!(", {argument}: {typed}");
        } else {
            optional += &format!(", {argument}: {typed} | None = None");
        }
    }
    let body = operation.described["requestBody"]["content"].as_object();
    let body = body.and_then(|content| content.values().next());
    if let Some(body) = body {
        let typed = typed(&body["schema"]);
        if operation.described["requestBody"]["required"] == true {
            needed += &format!(", body: {typed}");
        } else {
            needed += &format!(", body: {typed} | None = None");
        }
    }
    if !optional.is_empty() {
        optional.insert_str(0, ", *");
    }

    let (answer, returned) = answered(operation);
    let quote = if path.contains('{') { "f\"" } else { "\"" };
    let mut call = format!(
        "\"{}\", {quote}{path}\", \"{answer}\", options",
        operation.method
    );
    for (key, pairs) in [("query", query), ("headers", headers)] {
        if !pairs.is_empty() {
            call += &format!(", {key}={{{}}}", pairs.join(", "));
        }
    }
    if operation.is_keyed() {
        call += ", keyed=True";
    }
    if body.is_some() {
        call += ", body=body";
    }
    let returns = if returned == "None" { "" } else { "answer: " };
    let send = match &*returned {
        "None" => format!("self._call({call})"),
        _ => format!("{returns}{returned} = self._call({call})\n        return answer"),
    };
    Ok(format!(
        "\n    def {id}(self{needed}{optional}, **options: Unpack[Options]) -> {returned}:\n\
         \x20       \"\"\"{summary}\"\"\"\n\
         \x20       {send}\n",
        id = operation.id,
        summary = operation.summary.replace('\n', " "),
    ))
}

/// `If-Match` as `if_match`.
fn argument(name: &str) -> String {
    let name = name.to_lowercase().replace('-', "_");
    match WORDS.contains(&&*name) {
        true => name + "_",
        false => name,
    }
}

fn typed(schema: &Value) -> String {
    if let Some(name) = schema["$ref"].as_str() {
        let name = name.rsplit('/').next().unwrap_or_default();
        return format!("types.{name}");
    }
    if let Some(values) = schema["enum"].as_array() {
        let values: Vec<_> = values.iter().map(Value::to_string).collect();
        return format!("Literal[{}]", values.join(", "));
    }
    if schema["format"] == "binary" {
        return "bytes".to_owned();
    }
    let known = match schema["type"].as_str() {
        Some("string") => "str",
        Some("integer") => "int",
        Some("number") => "float",
        Some("boolean") => "bool",
        _ => "Any",
    };
    known.to_owned()
}

/// The kind of what an operation answers, and its type.
fn answered(operation: &Operation) -> (&'static str, String) {
    let responses = operation.described["responses"].as_object();
    let contents = responses
        .into_iter()
        .flatten()
        .map(|(_, it)| &it["content"]);
    let mut contents = contents.filter_map(Value::as_object).flatten();
    match contents.next() {
        Some((media, content)) if media == "application/json" => {
            ("json", typed(&content["schema"]))
        }
        Some(_) => ("file", "bytes".to_owned()),
        None => ("nothing", "None".to_owned()),
    }
}
