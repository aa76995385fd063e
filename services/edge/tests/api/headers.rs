//! What every answer of the API has, and what stays inside.

use axum::{Router, http::HeaderMap, routing::get};
use edge::Config;
use serde_json::json;

use crate::world::{Way, World, edge_before};

both_ways![
    answers_and_refusals_carry_the_same_protection,
    a_service_may_say_how_long_its_answer_keeps,
    headers_of_the_inner_connection_stay_inside,
];

async fn answers_and_refusals_carry_the_same_protection(way: Way) {
    let world = World::open(way).await;

    for path in ["/v1/plants", "/v1/me", "/nowhere", "//"] {
        let answer = world.edge.get(path).await;

        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("referrer-policy"), "no-referrer", "{path}");
        assert_eq!(answer.header("cache-control"), "no-store", "{path}");
        let policy = answer.header("content-security-policy");
        assert!(policy.contains("default-src 'none'"), "{path}: {policy}");
    }
}

async fn a_service_may_say_how_long_its_answer_keeps(way: Way) {
    let router = Router::new().route(
        "/v1/pictures",
        get(|| async { ([("cache-control", "public, max-age=60")], "a picture") }),
    );
    let paths = json!({ "/v1/pictures": { "get": { "operationId": "picture" } } });
    let edge = edge_before(way, Config::default(), vec![("garden", paths, router)]).await;

    let answer = edge.get("/v1/pictures").await;

    assert_eq!(answer.header("cache-control"), "public, max-age=60");
}

async fn headers_of_the_inner_connection_stay_inside(way: Way) {
    let inner = [
        ("connection", "x-inner"),
        ("x-inner", "1"),
        ("keep-alive", "timeout=5"),
        ("x-outer", "1"),
    ];
    let router = Router::new().route("/v1/plants", get(move || async move { (inner, "") }));
    let paths = json!({ "/v1/plants": { "get": { "operationId": "list_plants" } } });
    let edge = edge_before(way, Config::default(), vec![("garden", paths, router)]).await;

    let headers: HeaderMap = edge.get("/v1/plants").await.headers;

    for name in ["connection", "x-inner", "keep-alive"] {
        assert!(!headers.contains_key(name), "{name}");
    }
    assert_eq!(headers["x-outer"], "1");
}
