//! Requests held against the document.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use axum::{
    Json, Router,
    http::{Method, header},
};
use client::Upstream;
use edge::{Config, Gateway, Service};
use serde_json::{Value, json};
use testkit::service::Answer;
use tokio_util::sync::CancellationToken;

use crate::world::{Edge, request, service};

/// An edge before a service with one document, and how often that was called.
struct Shop {
    edge: Edge,
    calls: Arc<AtomicUsize>,
}

fn document() -> Value {
    json!({
        "openapi": "3.1.0",
        "paths": {
            "/v1/plants/{id}": {
                "parameters": [
                    { "name": "id", "in": "path", "required": true,
                      "schema": { "type": "string", "format": "uuid" } },
                ],
                "get": { "operationId": "read_plant", "parameters": [
                    { "name": "limit", "in": "query",
                      "schema": { "type": "integer", "minimum": 1, "maximum": 100 } },
                    { "name": "sort", "in": "query", "schema": { "$ref": "#/components/schemas/Sort" } },
                    { "name": "tag", "in": "query", "schema": {
                        "type": "array", "maxItems": 2, "items": { "type": "string", "maxLength": 3 } } },
                    { "name": "fresh", "in": "query", "schema": { "type": "boolean" } },
                    { "name": "X-Pot", "in": "header", "schema": { "type": "integer" } },
                ] },
                "delete": { "operationId": "remove_plant", "parameters": [
                    { "name": "If-Match", "in": "header", "required": true, "schema": { "type": "string" } },
                    { "name": "Idempotency-Key", "in": "header", "required": true,
                      "schema": { "type": "string" } },
                ] },
            },
            "/v1/pots/{name}": { "get": { "operationId": "read_pot", "parameters": [
                { "name": "name", "in": "path", "required": true,
                  "schema": { "type": "string", "pattern": "^[a-z-]+$" } },
            ] } },
            "/v1/plants": { "post": {
                "operationId": "add_plant",
                "requestBody": { "required": true, "content": { "application/json": {
                    "schema": { "$ref": "#/components/schemas/Plant" },
                } } },
            } },
            "/v1/notes": { "post": {
                "operationId": "add_note",
                "requestBody": { "content": { "application/json": { "schema": { "type": "object" } } } },
            } },
            "/v1/anything": { "post": {
                "operationId": "add_anything",
                "x-edge": { "validate": false },
                "requestBody": { "required": true, "content": { "application/json": {
                    "schema": { "$ref": "#/components/schemas/Plant" },
                } } },
            } },
        },
        "components": { "schemas": {
            "Sort": { "type": "string", "enum": ["name", "price"] },
            "Plant": {
                "type": "object",
                "required": ["name", "pot"],
                "additionalProperties": false,
                "properties": {
                    "name": { "type": "string", "minLength": 1, "maxLength": 5, "pattern": "^[a-z]*$" },
                    "height": { "type": ["integer", "null"], "minimum": 0, "maximum": 300 },
                    "pot": { "oneOf": [
                        { "type": "object", "required": ["width"], "additionalProperties": false,
                          "properties": { "width": { "type": "number" } } },
                        { "type": "object", "required": ["ground", "place"],
                          "properties": { "ground": { "const": true }, "place": { "type": "string" } } },
                    ] },
                    "tags": { "type": "array", "maxItems": 2, "items": { "type": "string" } },
                },
            },
        } },
    })
}

impl Shop {
    fn open() -> Self {
        let calls = Arc::new(AtomicUsize::new(0));
        let counted = calls.clone();
        let router = Router::new().fallback(async move |body: axum::body::Bytes| {
            counted.fetch_add(1, Ordering::SeqCst);
            Json(json!({ "read": body.len() }))
        });
        let plants = service("plants", json!({}), Upstream::InProcess(router));
        let plants = Service {
            document: document(),
            ..plants
        };
        Self {
            edge: Edge::new(Config::default(), vec![plants], CancellationToken::new()),
            calls,
        }
    }

    async fn post(&self, path: &str, body: impl ToString) -> Answer {
        let request = request(Method::POST, path).header(header::CONTENT_TYPE, "application/json");
        self.edge.send_with(request, body.to_string()).await
    }

    /// The faults of a plant, `pointer: detail`.
    async fn faults(&self, plant: Value) -> Vec<String> {
        let answer = self.post("/v1/plants", plant).await;
        let problem = answer.refused(422, "invalid-body");
        let faults = problem.errors.into_iter();
        faults
            .map(|fault| format!("{}: {}", fault.pointer, fault.detail))
            .collect()
    }

    fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }
}

const ID: &str = "0193b3a0-0000-7000-8000-000000000001";

#[tokio::test]
async fn what_the_document_describes_passes_unchanged() {
    let shop = Shop::open();
    let plants = format!("/v1/plants/{ID}");

    for path in [
        plants.clone(),
        format!("/v1/plants/{}", ID.replace('-', "")),
        format!("{plants}?limit=100&sort=name&tag=a&tag=b&fresh=true"),
    ] {
        shop.edge.get(&path).await.ok(200);
    }
    let plant = json!({ "name": "fern", "height": 3.0, "pot": { "width": 1.5 }, "tags": [] });
    let body = plant.to_string();
    let answer = shop.post("/v1/plants", &body).await;
    assert_eq!(answer.ok(200)["read"], body.len());
    shop.post("/v1/notes", "").await.ok(200);
    shop.post("/v1/anything", "no JSON at all").await.ok(200);
    assert_eq!(shop.calls(), 6);
}

#[tokio::test]
async fn every_parameter_at_fault_is_named_and_none_is_repeated() {
    let shop = Shop::open();

    for (path, sentences) in [
        ("/v1/plants/secret-1", vec!["`id` has the format `uuid`"]),
        ("/v1/plants/%ff", vec!["`id` is UTF-8"]),
        ("?limit=0", vec!["`limit` is 1 to 100"]),
        ("?limit=101", vec!["`limit` is 1 to 100"]),
        ("?limit=secret", vec!["`limit` is an integer"]),
        ("?limit=1.0", vec!["`limit` is an integer"]),
        ("?limit=", vec!["`limit` is an integer"]),
        ("?limit=1&limit=2", vec!["`limit` is given several times"]),
        ("?sort=secret", vec!["`sort` is one of `name`, `price`"]),
        ("?fresh=1", vec!["`fresh` is true or false"]),
        ("?tag=a&tag=b&tag=c", vec!["`tag` has at most 2 items"]),
        ("?tag=secret", vec!["`tag` has at most 3 characters"]),
        (
            "?secret=1",
            vec!["the query has a parameter that is not described"],
        ),
        (
            "?limit=0&fresh=x",
            vec!["`limit` is 1 to 100", "`fresh` is true or false"],
        ),
    ] {
        let path = match path.strip_prefix('?') {
            Some(query) => format!("/v1/plants/{ID}?{query}"),
            None => path.to_owned(),
        };
        let answer = shop.edge.get(&path).await;

        let problem = answer.refused(400, "bad-parameter");
        assert_eq!(
            problem.detail,
            Some(format!("{}.", sentences.join("; "))),
            "{path}"
        );
        assert!(!answer.text().contains("secret"), "{}", answer.text());
    }
    assert_eq!(shop.calls(), 0);
}

#[tokio::test]
async fn there_is_nothing_of_a_name_that_nothing_can_have() {
    let shop = Shop::open();

    let answer = shop.edge.get("/v1/pots/not%20a%20pot").await;

    answer.refused(404, "not-found");
    shop.edge.get("/v1/pots/a-pot").await.ok(200);
    assert_eq!(shop.calls(), 1);
}

#[tokio::test]
async fn headers_are_parameters_too() {
    let shop = Shop::open();
    let path = format!("/v1/plants/{ID}");

    let get = request(Method::GET, &path).header("x-pot", "wide");
    shop.edge.send(get).await.refused(400, "bad-parameter");
    let delete = || request(Method::DELETE, &path);
    let answer = shop.edge.send(delete()).await;
    answer.refused(428, "precondition-required");
    let answer = shop.edge.send(delete().header("if-match", "\"1\"")).await;
    answer.refused(400, "idempotency-key-missing");
    let complete = delete()
        .header("if-match", "\"1\"")
        .header("idempotency-key", "k");
    shop.edge.send(complete).await.ok(200);
    assert_eq!(shop.calls(), 1);
}

#[tokio::test]
async fn every_field_at_fault_is_named_by_its_pointer() {
    let shop = Shop::open();

    assert_eq!(
        shop.faults(json!({ "name": "Secret", "height": -1, "tags": ["a", 1], "x/y": 1 }))
            .await,
        [
            ": missing field `pot`",
            "/height: is 0 to 300",
            "/name: has 1 to 5 characters",
            "/name: matches ^[a-z]*$",
            "/tags/1: is a text",
            "/x~1y: is not described",
        ]
    );
    assert_eq!(
        shop.faults(json!({ "name": "fern", "pot": { "width": "secret" } }))
            .await,
        ["/pot/width: is a number"]
    );
    assert_eq!(shop.faults(json!([])).await, [": is an object"]);
    assert_eq!(shop.calls(), 0);
}

#[tokio::test]
async fn json_has_one_meaning() {
    let shop = Shop::open();
    let deep = format!("{}{}", "[".repeat(100), "]".repeat(100));

    for (status, slug, body) in [
        (400, "invalid-json", ""),
        (400, "invalid-json", "{"),
        (400, "invalid-json", "{} {}"),
        (400, "invalid-json", "{\"height\": 1e999}"),
        (422, "invalid-body", "{\"name\":\"a\",\"name\":\"b\"}"),
        (422, "invalid-body", &deep),
        (422, "invalid-body", &"[".repeat(50_000)),
    ] {
        let answer = shop.post("/v1/plants", body).await;

        answer.refused(status, slug);
    }
    assert_eq!(shop.calls(), 0);
}

#[tokio::test]
async fn a_body_says_that_it_is_json_and_in_no_coding() {
    let shop = Shop::open();
    let body = json!({ "name": "fern", "pot": { "width": 1 } }).to_string();

    for media_type in ["text/plain", "application/jsonp", ""] {
        let post = request(Method::POST, "/v1/plants").header(header::CONTENT_TYPE, media_type);
        let answer = shop.edge.send_with(post, body.clone()).await;
        answer.refused(415, "unsupported-media-type");
    }
    let post = request(Method::POST, "/v1/plants")
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::CONTENT_ENCODING, "gzip");
    let answer = shop.edge.send_with(post, body).await;
    answer.refused(415, "unsupported-media-type");
    assert_eq!(shop.calls(), 0);
}

#[test]
fn a_schema_that_cannot_be_checked_is_refused_at_the_start() {
    for (schema, reason) in [
        (
            json!({ "$ref": "#/components/schemas/Nothing" }),
            "leads nowhere",
        ),
        (
            json!({ "$ref": "https://elsewhere.example/plant.json" }),
            "leads nowhere",
        ),
        (
            json!({ "type": "string", "pattern": "^(?=a)b$" }),
            "cannot be used",
        ),
        (json!({ "type": "plant" }), "cannot be used"),
    ] {
        let paths = json!({ "/v1/plants": { "get": {
            "operationId": "list_plants",
            "parameters": [{ "name": "q", "in": "query", "schema": schema }],
        } } });
        let plants = service("plants", paths, Upstream::InProcess(Router::new()));

        let refusal = Gateway::new(Config::default(), vec![plants]).err().unwrap();

        let sentence = refusal.to_string();
        assert!(sentence.starts_with("GET /v1/plants: "), "{sentence}");
        assert!(sentence.contains(reason), "{sentence}");
    }
}
