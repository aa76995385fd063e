//! What callers of a deprecated operation are told.

use axum::{Json, Router, http::Method};
use edge::Config;
use serde_json::{Value, json};
use testkit::service::Answer;

use crate::world::{Edge, Keys, Way, edge_before, policies, request};

both_ways![
    every_answer_of_a_deprecated_operation_says_what_follows,
    who_is_refused_is_told_as_well,
    the_others_say_nothing,
];

/// Two versions of one operation; of the first the staff have one that is deprecated too.
async fn edge(way: Way) -> Edge {
    let deprecated = |id: &str, more: Value| {
        let mut operation = json!({
            "operationId": id,
            "deprecated": true,
            "x-edge": { "deprecation": {
                "since": "2026-12-01", "sunset": "2028-01-01", "successor": "/v2/plants/{id}",
            } },
        });
        let more = more.as_object().unwrap().clone();
        operation.as_object_mut().unwrap().extend(more);
        operation
    };
    let staff = json!({ "security": [{ "bearer": ["staff"] }] });
    let paths = json!({
        "/v1/plants/{id}": {
            "get": deprecated("read_plant", json!({})),
            "delete": deprecated("remove_plant", staff.clone()),
        },
        "/v2/plants/{id}": {
            "get": { "operationId": "read_plant_v2" },
            "delete": { "operationId": "remove_plant_v2" },
        },
    });
    let keys = Keys::default();
    let answer = async || ([("link", "</v1/soil>; rel=\"related\"")], Json(json!({})));
    let fake = ("garden", paths, Router::new().fallback(answer));
    let config = Config {
        policies: policies("garden"),
        ..Config::default()
    };
    edge_before(way, config, vec![fake, keys.users()]).await
}

fn assert_told(answer: &Answer) {
    assert_eq!(answer.header("deprecation"), "@1796083200");
    assert_eq!(answer.header("sunset"), "Sat, 01 Jan 2028 00:00:00 GMT");
    let mut links = answer.headers.get_all("link").iter();
    let last = links.next_back().unwrap().to_str().unwrap();
    assert_eq!(
        last,
        "</v2/plants/a%20fern>; rel=\"successor-version\", </docs>; rel=\"deprecation\"; type=\"text/html\""
    );
}

async fn every_answer_of_a_deprecated_operation_says_what_follows(way: Way) {
    let edge = edge(way).await;

    for method in [Method::GET, Method::HEAD] {
        let answer = edge.send(request(method, "/v1/plants/a%20fern")).await;

        assert_eq!(answer.status, 200);
        assert_told(&answer);
        assert_eq!(answer.header("link"), "</v1/soil>; rel=\"related\"");
    }
}

async fn who_is_refused_is_told_as_well(way: Way) {
    let edge = edge(way).await;

    let delete = request(Method::DELETE, "/v1/plants/a%20fern");
    let refused = edge.send(delete).await;

    assert_told(&refused);
    refused.refused(401, "sign-in-required");
}

async fn the_others_say_nothing(way: Way) {
    let edge = edge(way).await;

    let answer = edge.get("/v2/plants/fern").await;

    assert_eq!(answer.status, 200);
    for name in ["deprecation", "sunset"] {
        assert_eq!(answer.header(name), "");
    }
    assert_eq!(answer.headers.get_all("link").iter().count(), 1);
}
