//! The request's id and times, on answers and refusals alike.

use axum::{Router, http::Method, middleware, routing::get};
use edge::Config;
use kit::{http::Problem, telemetry};
use serde_json::json;
use testkit::service::Answer;
use uuid::Uuid;

use crate::world::{Way, World, edge_before, request};

both_ways![
    a_well_formed_id_is_kept_and_handed_on,
    a_malformed_id_is_replaced,
    every_tier_tells_its_time,
    a_problem_of_a_service_names_the_request,
];

async fn a_well_formed_id_is_kept_and_handed_on(way: Way) {
    let world = World::open(way).await;

    for id in ["12345678", "0199-abcd-EFGH", &"a".repeat(64)] {
        let request = request(Method::GET, "/v1/plants").header("x-request-id", id);
        let answer = world.edge.send(request).await;

        assert_eq!(answer.header("x-request-id"), id);
        assert_eq!(world.calls.only().headers["x-request-id"], id);
    }
}

async fn a_malformed_id_is_replaced(way: Way) {
    let world = World::open(way).await;

    for id in [
        "",
        "1234567",
        "id with spaces",
        "12345678;x",
        "12345678\u{fc}",
        &"a".repeat(65),
    ] {
        let request = request(Method::GET, "/v1/plants").header("x-request-id", id);
        let answer = world.edge.send(request).await;

        let given = answer.header("x-request-id");
        assert!(given.parse::<Uuid>().is_ok(), "{id:?} became {given:?}");
        assert_eq!(world.calls.only().headers["x-request-id"], given);
    }

    let one = world.edge.get("/v1/plants").await;
    let other = world.edge.get("/v1/plants").await;
    assert_ne!(one.header("x-request-id"), other.header("x-request-id"));
}

async fn every_tier_tells_its_time(way: Way) {
    let edge = with_a_recording_service(way).await;

    let answer = edge.get("/v1/plants").await;
    let refusal = edge.get("/nowhere").await;

    let parts = timings(&answer);
    assert!(
        parts.iter().any(|part| part.starts_with("garden;dur=")),
        "{parts:?}"
    );
    assert!(
        parts.iter().any(|part| part.starts_with("edge;dur=")),
        "{parts:?}"
    );
    assert!(timings(&refusal)[0].starts_with("edge;dur="));
}

async fn a_problem_of_a_service_names_the_request(way: Way) {
    let edge = with_a_recording_service(way).await;

    let request = request(Method::GET, "/v1/plants/fern").header("x-request-id", "my-request-1");
    let answer = edge.send(request).await;

    let problem = answer.refused(404, "not-found");
    assert_eq!(problem.instance.as_deref(), Some("my-request-1"));
    assert_eq!(problem.detail.as_deref(), Some("No fern."));
}

async fn with_a_recording_service(way: Way) -> crate::world::Edge {
    let router = Router::new()
        .route("/v1/plants", get(|| async { "plants" }))
        .route(
            "/v1/plants/{id}",
            get(|| async { Problem::not_found().detail("No fern.") }),
        )
        .layer(middleware::from_fn_with_state("garden", telemetry::record));
    let paths = json!({
        "/v1/plants": { "get": { "operationId": "list_plants" } },
        "/v1/plants/{id}": { "get": { "operationId": "read_plant" } },
    });
    edge_before(way, Config::default(), vec![("garden", paths, router)]).await
}

fn timings(answer: &Answer) -> Vec<&str> {
    let all = answer.headers.get_all("server-timing").iter();
    all.map(|value| value.to_str().unwrap()).collect()
}
