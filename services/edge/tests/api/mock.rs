//! Answers from a document's examples.

use axum::{Json, Router, http::Method};
use client::Upstream;
use edge::{Config, Service};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::world::{Edge, request, service};

fn document() -> Value {
    json!({
        "openapi": "3.1.0",
        "paths": {
            "/v1/reviews": {
                "get": {
                    "operationId": "list_reviews",
                    "x-edge": { "mock": true },
                    "parameters": [{ "name": "limit", "in": "query", "schema": { "type": "integer" } }],
                    "responses": {
                        "404": { "description": "None", "content": { "application/problem+json": {
                            "example": { "type": "/problems/not-found", "title": "None", "status": 0 },
                        } } },
                        "200": {
                            "description": "Reviews",
                            "headers": { "X-Total": { "schema": { "type": "integer", "example": 2 } } },
                            "content": { "application/json": { "examples": {
                                "few": { "value": [{ "stars": 5 }] },
                                "none": { "value": [] },
                            } } },
                        },
                        "5XX": { "description": "Failed" },
                    },
                },
                "post": {
                    "operationId": "add_review",
                    "x-edge": { "mock": true },
                    "responses": { "201": { "description": "Added", "content": { "application/json": {
                        "schema": { "$ref": "#/components/schemas/Review" },
                    } } } },
                },
            },
            "/v1/authors": { "get": { "operationId": "list_authors" } },
        },
        "components": { "schemas": { "Review": { "allOf": [
            { "type": "object", "properties": {
                "id": { "type": "string", "format": "uuid" },
                "stars": { "type": "integer", "minimum": 1 },
            } },
            { "type": "object", "properties": {
                "title": { "type": "string", "example": "Grows well" },
                "kind": { "enum": ["praise", "complaint"] },
                "parent": { "$ref": "#/components/schemas/Review" },
                "photos": { "type": "array", "items": { "type": ["string", "null"] } },
            } },
        ] } } },
    })
}

fn edge() -> Edge {
    let router = Router::new().fallback(async || Json("from the service"));
    let reviews = service("reviews", json!({}), Upstream::InProcess(router));
    let reviews = Service {
        document: document(),
        ..reviews
    };
    Edge::new(Config::default(), vec![reviews], CancellationToken::new())
}

#[tokio::test]
async fn an_operation_is_answered_from_its_first_example() {
    let edge = edge();

    let answer = edge.get("/v1/reviews").await;

    assert_eq!(answer.ok(200), json!([{ "stars": 5 }]));
    assert_eq!(answer.header("x-total"), "2");
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(edge.get("/v1/authors").await.ok(200), "from the service");
}

#[tokio::test]
async fn without_an_example_the_answer_is_made_from_the_schema() {
    let answer = edge().send(request(Method::POST, "/v1/reviews")).await;

    let review = answer.ok(201);
    assert_eq!(review["id"], "0193b3a0-0000-7000-8000-000000000001");
    assert_eq!(review["stars"], 1);
    assert_eq!(review["title"], "Grows well");
    assert_eq!(review["kind"], "praise");
    assert_eq!(review["photos"], json!(["text"]));
    assert_eq!(review["parent"]["title"], "Grows well");
}

#[tokio::test]
async fn a_client_may_ask_for_another_answer() {
    let edge = edge();
    let prefer = async |preference: &str| {
        let get = request(Method::GET, "/v1/reviews").header("prefer", preference);
        edge.send(get).await
    };

    let none = prefer("example=none").await;
    assert_eq!(none.ok(200), json!([]));
    assert_eq!(none.header("preference-applied"), "example=none");
    let missing = prefer("respond-async, code=404").await;
    assert_eq!(missing.refused(404, "not-found").title, "None");
    assert_eq!(missing.header("preference-applied"), "code=404");
    prefer("code=418").await.refused(400, "bad-request");
    prefer("code=many").await.refused(400, "bad-request");
    prefer("example=many").await.refused(400, "bad-request");
}

#[tokio::test]
async fn a_mock_stands_behind_the_whole_stack() {
    let answer = edge().get("/v1/reviews?limit=many").await;

    answer.refused(400, "bad-parameter");
}

#[tokio::test]
async fn a_service_may_be_its_document_alone() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("reviews.json");
    std::fs::write(&file, document().to_string()).unwrap();
    let config = Config {
        mocks: vec![file.to_str().unwrap().to_owned()],
        ..Config::default()
    };

    let edge = Edge::new(
        config.clone(),
        config.services().unwrap(),
        CancellationToken::new(),
    );

    edge.get("/v1/authors").await.ok(204);
    edge.get("/v1/reviews").await.ok(200);
    std::fs::write(&file, "{").unwrap();
    let refusal = config.services().err().unwrap();
    assert!(refusal.starts_with("mocks: "), "{refusal}");
    assert!(refusal.contains("reviews.json"), "{refusal}");
}
