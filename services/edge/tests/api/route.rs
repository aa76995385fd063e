//! Which operation a request means.

use axum::http::Method;
use kit::identity::CALLER_HEADER;
use serde_json::Value;

use crate::{
    identify::trusted_by,
    world::{Way, World, request},
};

both_ways![
    an_unknown_path_is_not_found,
    a_method_that_is_not_described_is_refused_with_those_that_are,
    a_literal_segment_wins_over_a_parameter,
    the_merged_document_describes_all_that_is_served,
    the_reference_brings_its_own_page,
    a_file_that_the_reference_has_not_is_refused_as_a_problem,
];

async fn an_unknown_path_is_not_found(way: Way) {
    let world = World::open(way).await;

    for path in [
        "/",
        "/v1",
        "/v1/plants/",
        "/v1/plants/fern/leaves",
        "/V1/plants",
        "/v2/plants",
    ] {
        world.edge.get(path).await.refused(404, "not-found");
    }
    assert_eq!(world.calls.count(), 0);
}

async fn a_method_that_is_not_described_is_refused_with_those_that_are(way: Way) {
    let world = World::open(way).await;

    for method in ["PATCH", "DELETE", "TRACE", "BREW"] {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let answer = world.edge.send(request(method, "/v1/plants")).await;

        answer.refused(405, "method-not-allowed");
        assert_eq!(answer.header("allow"), "GET, HEAD, POST, OPTIONS");
    }
    assert_eq!(world.calls.count(), 0);
}

async fn a_literal_segment_wins_over_a_parameter(way: Way) {
    let world = World::open(way).await;

    for (path, picked) in [
        ("/v1/plants/featured", "v1/GET/plants/featured"),
        ("/v1/plants/fern", "v1/GET/plants/{id}"),
    ] {
        world.edge.get(path).await.ok(200);

        let told = &world.calls.only().headers[CALLER_HEADER];
        let told = trusted_by("garden", told).await.unwrap();
        assert!(told.route.ends_with(picked), "{path}: {}", told.route);
    }
}

async fn the_merged_document_describes_all_that_is_served(way: Way) {
    let world = World::open(way).await;

    let document = world.edge.get("/v1/openapi.json").await.ok(200);

    let described: Vec<&String> = document["paths"].as_object().unwrap().keys().collect();
    for path in [
        "/.well-known/jwks.json",
        "/docs",
        "/v1/me",
        "/v1/openapi.json",
        "/v1/plants/{id}",
    ] {
        assert!(described.iter().any(|known| *known == path), "{path}");
    }
    let operations = &document["paths"]["/v1/plants"];
    assert!(operations["get"].is_object() && operations["post"].is_object());
    assert_eq!(document["openapi"], Value::from("3.1.0"));
}

async fn the_reference_brings_its_own_page(way: Way) {
    let world = World::open(way).await;

    let moved = world.edge.get("/docs").await;
    let page = world.edge.get("/docs/").await;
    let script = world.edge.get("/docs/swagger-ui-bundle.js").await;

    assert!(moved.status.is_redirection());
    assert_eq!(moved.header("location"), "/docs/");
    assert_eq!(page.status, 200);
    assert!(
        page.header("content-security-policy")
            .contains("default-src 'self'")
    );
    assert_eq!(script.status, 200);
    assert_eq!(script.header("content-type"), "text/javascript");
}

async fn a_file_that_the_reference_has_not_is_refused_as_a_problem(way: Way) {
    let world = World::open(way).await;

    let refused = world.edge.get("/docs/nothing.css").await;

    refused.refused(404, "not-found");
}
