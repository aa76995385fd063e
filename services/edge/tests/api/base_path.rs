//! A document whose operations stand below a path of their own.

use axum::{Json, Router, http::Uri};
use client::Upstream;
use edge::{Config, Gateway, Service, document::merge};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::world::{Edge, service};

fn document(url: &str, path: &str) -> Value {
    json!({
        "openapi": "3.1.0",
        "servers": [{ "url": url }],
        "paths": { (path): { "get": {
            "operationId": "read_plant",
            "parameters": [
                { "name": "id", "in": "path", "schema": { "type": "string" } },
                { "name": "part", "in": "query", "schema": { "type": "string", "maxLength": 5 } },
            ],
            "responses": { "200": { "content": { "application/json": { "example": "green" } } } },
        } } },
    })
}

fn garden(url: &str, path: &str) -> Service {
    let router = Router::new().fallback(async |uri: Uri| Json(uri.to_string()));
    Service {
        document: document(url, path),
        ..service("garden", json!({}), Upstream::InProcess(router))
    }
}

fn edge(services: Vec<Service>) -> Edge {
    Edge::new(Config::default(), services, CancellationToken::new())
}

#[tokio::test]
async fn the_service_sees_its_own_path() {
    let edge = edge(vec![garden("/next/", "/v1/plants/{id}")]);

    let answer = edge.get("/next/v1/plants/f%20rn?part=leaf%2F").await;

    assert_eq!(answer.ok(200), "/v1/plants/f%20rn?part=leaf%2F");
    edge.get("/v1/plants/fern").await.refused(404, "not-found");
    // It is held against its document all the same.
    let long = edge.get("/next/v1/plants/fern?part=leaves").await;
    long.refused(400, "bad-parameter");
}

#[tokio::test]
async fn two_apis_may_have_the_same_paths_below_their_own() {
    let mut second = garden("/next", "/v1/plants/{id}");
    second.name = "second".to_owned();
    let file = tempfile::NamedTempFile::with_suffix(".json").unwrap();
    let mocked = document("/mocked", "/v1/plants/{id}");
    std::fs::write(file.path(), mocked.to_string()).unwrap();
    let mock = Service::mock(file.path()).unwrap();
    let edge = edge(vec![
        garden("https://plants.test/v1", "/v1/plants/{id}"),
        second,
        mock,
    ]);

    // An address of somebody else's is no path here.
    assert_eq!(edge.get("/v1/plants/fern").await.ok(200), "/v1/plants/fern");
    assert_eq!(
        edge.get("/next/v1/plants/fern").await.ok(200),
        "/v1/plants/fern"
    );
    assert_eq!(edge.get("/mocked/v1/plants/fern").await.ok(200), "green");
}

#[test]
fn a_base_path_opens_nothing_internal() {
    for (url, path) in [
        ("/internal", "/stock"),
        ("/next", "/internal/stock"),
        ("/next", "/{anything}"),
        ("/{any}", "/stock"),
    ] {
        let gateway = Gateway::new(Config::default(), vec![garden(url, path)]);

        let sentence = gateway.err().expect("refused").to_string();
        assert!(sentence.contains("internal"), "{url}{path}: {sentence}");
    }
}

#[test]
fn in_the_public_document_its_paths_are_whole() {
    let documents = [
        ("garden".to_owned(), document("/", "/v1/plants/{id}")),
        ("next".to_owned(), document("/next", "/v1/plants/{id}")),
    ];

    let merged = merge(&documents);

    let paths: Vec<_> = merged["paths"].as_object().unwrap().keys().collect();
    assert_eq!(paths, ["/next/v1/plants/{id}", "/v1/plants/{id}"]);
}
