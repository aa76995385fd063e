//! What makes the edge forget: a service that says what it has changed, and an operation whose document does.

use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::shelf::{Shelf, found, operation};
use crate::world::{Edge, Way, request};

both_ways! {
    who_says_what_has_changed_has_it_forgotten_and_nothing_else,
    nothing_that_may_change_is_kept_while_nobody_would_say_so,
    who_changes_something_reads_their_change,
}

fn paths() -> Value {
    let tagged = |tag: &str| {
        let mut operation = operation(json!({ "scope": "public", "tags": [tag] }));
        operation["operationId"] = json!(format!("list_{tag}"));
        operation
    };
    let change = json!({ "operationId": "change_plant", "x-edge": { "purge": ["plants"] } });
    json!({
        "/v1/plants": { "get": tagged("plants"), "put": change },
        "/v1/pots": { "get": tagged("pots") },
    })
}

async fn ask(edge: &Edge, path: &str) -> String {
    let answer = edge.get(path).await;
    answer.ok(200);
    found(&answer)
}

async fn who_says_what_has_changed_has_it_forgotten_and_nothing_else(way: Way) {
    let shelf = Shelf::default();
    let edge = shelf.edge(way, paths()).await;
    let forget = edge.gateway.forget();
    for path in ["/v1/plants", "/v1/pots"] {
        ask(&edge, path).await;
    }

    forget(Some("plants"));
    forget(Some("unheard of"));

    assert_eq!(ask(&edge, "/v1/plants").await, "miss");
    assert_eq!(ask(&edge, "/v1/pots").await, "hit");
    forget(None);
    assert_eq!(ask(&edge, "/v1/plants").await, "miss");
    assert_eq!(ask(&edge, "/v1/pots").await, "miss");
}

async fn nothing_that_may_change_is_kept_while_nobody_would_say_so(way: Way) {
    let shelf = Shelf::default();
    let edge = shelf.edge(way, paths()).await;

    for _ in 0..2 {
        assert_eq!(ask(&edge, "/v1/plants").await, "passed");
    }

    assert_eq!(shelf.calls(), 2);
}

async fn who_changes_something_reads_their_change(way: Way) {
    let shelf = Shelf::default();
    let edge = shelf.edge(way, paths()).await;
    let _forget = edge.gateway.forget();
    let change = async |status: u16| {
        shelf.answer(StatusCode::from_u16(status).unwrap(), &[]);
        let client = testkit::service::Service::new("edge", edge.app.clone()).untrusted();
        let change = request(Method::PUT, "/v1/plants").header("content-length", "0");
        let answer = client.send(change, axum::body::Body::empty()).await;
        shelf.answer(StatusCode::OK, &[]);
        answer.status
    };
    ask(&edge, "/v1/plants").await;

    assert_eq!(change(412).await, 412);
    assert_eq!(ask(&edge, "/v1/plants").await, "hit", "nothing has changed");
    assert_eq!(change(200).await, 200);
    assert_eq!(ask(&edge, "/v1/plants").await, "miss");
    assert_eq!(change(503).await, 503);
    assert_eq!(ask(&edge, "/v1/plants").await, "miss", "perhaps it has");
}
