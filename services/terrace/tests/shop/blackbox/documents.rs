//! What the documents say that everybody may read, the shop answers: every service that has it is there, a new one too.

use std::{fs, path::Path};

use axum::http::Method;
use serde_json::Value;

use super::Shop;

/// What can be asked with a path alone, by anybody, of the services; what the edge answers by itself it has nowhere else.
fn readable() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../openapi");
    let mut readable = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let is_document = path.extension().is_some_and(|it| it == "json");
        if !is_document || path.ends_with("edge.json") || path.ends_with("terrace.json") {
            continue;
        }
        let document: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
        for (path, item) in document["paths"].as_object().unwrap() {
            let get = &item["get"];
            let mut parameters = get["parameters"].as_array().into_iter().flatten();
            let is_plain = get.is_object() && parameters.all(|it| it["required"] != true);
            if is_plain && get["security"].is_null() && !path.contains('{') {
                readable.push(path.clone());
            }
        }
    }
    readable.sort();
    readable
}

#[tokio::test]
async fn what_everybody_may_read_is_answered_by_every_service_that_has_it() {
    let shop = Shop::visit().await;
    let readable = readable();
    assert!(readable.contains(&"/v1/products".to_owned()));

    for path in readable {
        let answer = shop.visitor.call(Method::GET, &path, None).await;

        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    }
}
