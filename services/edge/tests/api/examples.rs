//! The examples of the shop's documents: each is what its schema describes, and so is what mocks make of them.

use std::{fs, path::PathBuf};

use axum::{
    body::{Body, to_bytes},
    http::{Request, header},
};
use client::Upstream;
use edge::Service;
use serde_json::{Value, json};
use tower::ServiceExt;

/// The shop's documents.
fn documents() -> Vec<(PathBuf, Value)> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../openapi");
    let files = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let files = files.filter(|file| file.is_file());
    let document = |file: PathBuf| {
        let text = fs::read(&file).unwrap();
        (file, serde_json::from_slice(&text).unwrap())
    };
    files.map(document).collect()
}

/// Why a value is none that a schema of the document describes.
fn fault(document: &Value, schema: &Value, value: &Value) -> Option<String> {
    let whole = json!({ "components": document["components"], "allOf": [schema] });
    let schema = jsonschema::options().should_validate_formats(true);
    let schema = schema.build(&whole).unwrap();
    let fault = schema.validate(value).err()?;
    Some(format!("{}: {fault}", fault.instance_path()))
}

/// Calls `check` with each example and its schema, wherever they stand.
fn each_example(value: &Value, check: &mut impl FnMut(&Value, &Value)) {
    match value {
        Value::Object(members) => {
            // A parameter, a header or a body; else a schema has examples of itself.
            let schema = members.get("schema").unwrap_or(value);
            let example = members.get("example").into_iter();
            let examples = match members.get("examples") {
                Some(Value::Array(list)) => list.iter().collect(),
                Some(Value::Object(named)) => named.values().map(|it| &it["value"]).collect(),
                _ => Vec::new(),
            };
            example
                .chain(examples)
                .for_each(|example| check(schema, example));
            let inner = members
                .iter()
                .filter(|(name, _)| !name.starts_with("example"));
            inner.for_each(|(_, member)| each_example(member, check));
        }
        Value::Array(items) => items.iter().for_each(|item| each_example(item, check)),
        _ => {}
    }
}

#[test]
fn every_example_is_what_its_schema_describes() {
    let (mut examples, mut faults) = (0, Vec::new());
    for (file, document) in documents() {
        each_example(&document, &mut |schema, example| {
            examples += 1;
            let fault = fault(&document, schema, example);
            faults.extend(fault.map(|fault| format!("{}: {example}: {fault}", file.display())));
        });
    }

    assert!(faults.is_empty(), "{faults:#?}");
    assert!(
        examples > 50,
        "the documents are not read as they should be"
    );
}

#[tokio::test]
async fn mocks_answer_with_what_the_documents_describe_and_with_words_of_the_shop() {
    let (mut answers, mut faults) = (0, Vec::new());
    for (file, document) in documents() {
        let Upstream::InProcess(mock) = Service::mock(&file).unwrap().upstream else {
            panic!("a mock is in this process");
        };
        for (path, item) in document["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                let request = Request::builder()
                    .method(method.to_uppercase().as_str())
                    .uri(path.replace(['{', '}'], ""))
                    .body(Body::empty())
                    .unwrap();
                let answer = mock.clone().oneshot(request).await.unwrap();
                let (head, body) = answer.into_parts();
                let media_type = head.headers.get(header::CONTENT_TYPE);
                if media_type.is_none_or(|it| it != "application/json") {
                    continue;
                }
                answers += 1;
                let body = to_bytes(body, 1 << 20).await.unwrap();
                let body: Value = serde_json::from_slice(&body).unwrap();
                let described = &operation["responses"][head.status.as_str()];
                let schema = &described["content"]["application/json"]["schema"];
                let fault = fault(&document, schema, &body);
                let filler = has_filler(&body).then(|| "a text without an example".to_owned());
                let fault = fault.or(filler);
                faults.extend(fault.map(|fault| format!("{method} {path}: {fault}: {body}")));
            }
        }
    }

    assert!(faults.is_empty(), "{faults:#?}");
    assert!(answers > 40, "the documents are not read as they should be");
}

/// Whether a text stands in it that is made up because no example says better.
fn has_filler(value: &Value) -> bool {
    match value {
        Value::String(text) => text == "text",
        Value::Array(items) => items.iter().any(has_filler),
        Value::Object(members) => members.values().any(has_filler),
        _ => false,
    }
}
