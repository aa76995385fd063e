//! TypeScript: types by openapi-typescript, which the storefront's come from too, and a method an operation by ourselves.
//! The generators that write whole clients bring one that cannot sign, or that browsers do without.

use std::{fs, path::Path};

use super::{
    camel,
    document::{Document, Operation},
};
use crate::{
    needs,
    run::{npm, root, run},
};

pub(super) fn generate(document: &Document, folder: &Path) -> anyhow::Result<()> {
    needs::node_packages()?;
    let described = folder.join("terrace.json");
    fs::write(&described, serde_json::to_string_pretty(&document.0)?)?;
    let source = folder.join("src");
    run(npm(&["exec", "--", "openapi-typescript"])
        .arg(&described)
        .arg("--output")
        .arg(source.join("schema.ts")))?;
    fs::write(source.join("operations.ts"), operations(document))?;
    let tsc = root().join("web/node_modules/.bin/tsc");
    run(std::process::Command::new(tsc).arg("--project").arg(folder))
}

fn operations(document: &Document) -> String {
    let mut text = "// Every operation, as a method. Generated.\n\n\
        import type { Input, Operation, Options, Output } from './types.js';\n\n\
        export abstract class Operations {\n\
        \t/** Sends an operation. */\n\
        \tprotected abstract call<T>(operation: Operation, input: object, options?: Options): Promise<T>;\n"
        .to_owned();
    for operation in document.operations() {
        text += &method(&operation);
    }
    text + "}\n"
}

fn method(operation: &Operation) -> String {
    let Operation {
        id, method, path, ..
    } = operation;
    let mut facts = format!("method: '{method}', path: '{path}'");
    for (place, key) in [("query", "query"), ("header", "headers")] {
        let all = operation.parameters(place).into_iter();
        let all = all.filter(|(name, _)| name != "Idempotency-Key");
        let all: Vec<_> = all.map(|(name, _)| format!("'{name}'")).collect();
        if !all.is_empty() {
            facts += &format!(", {key}: [{}]", all.join(", "));
        }
    }
    if operation.is_keyed() {
        facts += ", keyed: true";
    }
    facts += &format!(", answer: '{}'", answer(operation));
    let is_needed = ["path", "query", "header"]
        .iter()
        .flat_map(|place| operation.parameters(place))
        .any(|(_, is_required)| is_required)
        || operation.described["requestBody"]["required"] == true;
    let default = if is_needed { "" } else { " = {}" };
    let summary = operation.summary.replace('\n', " ");
    let deprecated = match operation.described["deprecated"] == true {
        true => "\n\t * @deprecated",
        false => "",
    };
    format!(
        "\n\t/**\n\t * {summary}{deprecated}\n\t */\n\
         \t{name}(input: Input<'{id}'>{default}, options?: Options): Promise<Output<'{id}'>> {{\n\
         \t\treturn this.call({{ {facts} }}, input, options);\n\t}}\n",
        name = camel(id),
    )
}

/// The type of what an operation answers.
fn answer(operation: &Operation) -> &'static str {
    let responses = operation.described["responses"].as_object();
    let contents = responses
        .into_iter()
        .flatten()
        .map(|(_, it)| &it["content"]);
    let mut media = contents
        .filter_map(|it| it.as_object())
        .flat_map(|it| it.keys());
    match media.next().map(String::as_str) {
        Some("application/json") => "json",
        Some(_) => "file",
        None => "nothing",
    }
}
