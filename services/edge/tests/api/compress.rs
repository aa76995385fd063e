//! Answers by gzip, and the entity tags that tell them from the others.

use std::io::Read;

use axum::{
    Router,
    body::{Body, Bytes},
    http::{Method, StatusCode, header, request::Builder},
    response::{IntoResponse, Response},
    routing::get,
};
use edge::Config;
use flate2::read::GzDecoder;
use futures::{StreamExt, stream};
use serde_json::json;
use testkit::service::Answer;
use tower::ServiceExt;

use crate::world::{Edge, Way, edge_before, request};

both_ways![
    a_large_answer_is_compressed_for_who_accepts_it,
    who_does_not_accept_gzip_gets_the_answer_as_it_is,
    what_is_not_worth_it_is_not_compressed,
    a_document_may_switch_it_off,
    a_compressed_answer_has_a_tag_of_its_own_which_is_as_good_as_the_services,
    a_weak_tag_is_good_for_both,
    an_event_arrives_at_once_though_its_reader_accepts_gzip,
];

/// The largest answer that is left as it is, in bytes, and the smallest that is not.
const SMALL: usize = 1023;
const LARGE: usize = 1024;

fn text(bytes: usize) -> String {
    "a leaf, ".chars().cycle().take(bytes).collect()
}

/// A service of answers that differ in what compression looks at.
fn garden() -> Router {
    let answer = |media_type: &'static str, bytes: usize| {
        get(move || async move { ([(header::CONTENT_TYPE, media_type)], text(bytes)) })
    };
    let json = "application/json";
    Router::new()
        .route("/v1/large", answer(json, LARGE))
        .route("/v1/plain", answer(json, LARGE))
        .route("/v1/small", answer(json, SMALL))
        .route("/v1/picture", answer("image/png", LARGE))
        .route("/v1/events", answer("text/event-stream", LARGE))
        .route("/v1/encoded", get(encoded))
        .route("/v1/part", get(part))
        .route("/v1/versioned", get(versioned).put(versioned))
        .route("/v1/weak", get(weak))
}

async fn encoded() -> Response {
    let headers = [("content-type", "text/plain"), ("content-encoding", "br")];
    (headers, text(LARGE)).into_response()
}

async fn part() -> Response {
    let headers = [("content-range", "bytes 0-1023/4096")];
    (StatusCode::PARTIAL_CONTENT, headers, text(LARGE)).into_response()
}

/// Answers by its version's tag, as a service does that knows nothing of compression.
async fn versioned(request: axum::extract::Request) -> Response {
    let tag = |name| request.headers().get(name).map(|tag| tag.to_str().unwrap());
    let etag = [("etag", "\"7\"")];
    if tag(header::IF_NONE_MATCH).is_some_and(|tags| tags.contains("\"7\"")) {
        return (StatusCode::NOT_MODIFIED, etag).into_response();
    }
    if tag(header::IF_MATCH).is_some_and(|tag| tag != "\"7\"") {
        return StatusCode::PRECONDITION_FAILED.into_response();
    }
    (etag, text(LARGE)).into_response()
}

async fn weak() -> Response {
    ([("etag", "W/\"7\"")], text(LARGE)).into_response()
}

async fn edge(way: Way) -> Edge {
    let read = |id: &str| json!({ "get": { "operationId": id } });
    let plain = json!({ "get": { "operationId": "plain", "x-edge": { "compress": false } } });
    let versioned = json!({ "get": { "operationId": "read" }, "put": { "operationId": "change" } });
    let paths = json!({
        "/v1/large": read("large"), "/v1/plain": plain, "/v1/small": read("small"),
        "/v1/picture": read("picture"), "/v1/events": read("events"),
        "/v1/encoded": read("encoded"), "/v1/part": read("part"),
        "/v1/versioned": versioned, "/v1/weak": read("weak"),
    });
    edge_before(way, Config::default(), vec![("garden", paths, garden())]).await
}

fn accepting(coding: &str, path: &str) -> Builder {
    request(Method::GET, path).header(header::ACCEPT_ENCODING, coding)
}

fn unzipped(answer: &Answer) -> String {
    let mut text = String::new();
    GzDecoder::new(&answer.body[..])
        .read_to_string(&mut text)
        .unwrap();
    text
}

fn varies(answer: &Answer) -> bool {
    let vary = answer.headers.get_all(header::VARY).iter();
    let mut vary = vary.map(|value| value.to_str().unwrap().to_lowercase());
    vary.any(|value| value.contains("accept-encoding"))
}

async fn a_large_answer_is_compressed_for_who_accepts_it(way: Way) {
    let edge = edge(way).await;

    for coding in ["gzip", "br;q=1, gzip;q=0.1", "*", "identity;q=0, gzip"] {
        let answer = edge.send(accepting(coding, "/v1/large")).await;

        assert_eq!(answer.header("content-encoding"), "gzip", "{coding}");
        assert_eq!(answer.header("content-type"), "application/json");
        assert!(varies(&answer));
        assert!(answer.body.len() < LARGE / 2, "{}", answer.body.len());
        assert_eq!(unzipped(&answer), text(LARGE));
    }
}

async fn who_does_not_accept_gzip_gets_the_answer_as_it_is(way: Way) {
    let edge = edge(way).await;

    for coding in [
        "identity",
        "gzip;q=0",
        "br",
        "gzip;q=0, identity;q=0",
        "*;q=0",
    ] {
        let answer = edge.send(accepting(coding, "/v1/large")).await;

        assert_eq!(answer.status, 200, "{coding}");
        assert_eq!(answer.header("content-encoding"), "", "{coding}");
        assert!(varies(&answer), "a cache must tell it from the other");
        assert_eq!(answer.text(), text(LARGE));
    }
    let silent = edge.get("/v1/large").await;
    assert_eq!(silent.text(), text(LARGE));
    assert!(varies(&silent));
}

async fn what_is_not_worth_it_is_not_compressed(way: Way) {
    let edge = edge(way).await;

    for path in ["/v1/small", "/v1/picture", "/v1/events", "/v1/part"] {
        let answer = edge.send(accepting("gzip", path)).await;

        assert_eq!(answer.header("content-encoding"), "", "{path}");
        assert!(answer.text().starts_with("a leaf"), "{path}");
    }
    let encoded = edge.send(accepting("gzip", "/v1/encoded")).await;
    assert_eq!(encoded.header("content-encoding"), "br", "only once");
    assert_eq!(encoded.text(), text(LARGE));
}

async fn a_document_may_switch_it_off(way: Way) {
    let edge = edge(way).await;

    let answer = edge.send(accepting("gzip", "/v1/plain")).await;

    assert_eq!(answer.header("content-encoding"), "");
    assert!(!varies(&answer));
    assert_eq!(answer.text(), text(LARGE));
}

async fn a_compressed_answer_has_a_tag_of_its_own_which_is_as_good_as_the_services(way: Way) {
    let edge = edge(way).await;
    let read = || accepting("gzip", "/v1/versioned");

    let compressed = edge.send(read()).await;
    let plain = edge.get("/v1/versioned").await;
    assert_eq!(compressed.header("etag"), "\"7-gzip\"");
    assert_eq!(plain.header("etag"), "\"7\"");

    for (named, expected) in [
        ("\"7-gzip\"", "\"7-gzip\""),
        ("\"6-gzip\", \"7-gzip\"", "\"7-gzip\""),
        ("\"7\"", "\"7\""),
    ] {
        let unchanged = edge.send(read().header("if-none-match", named)).await;
        assert_eq!(unchanged.status, 304, "{named}");
        assert_eq!(unchanged.header("etag"), expected, "{named}");
        assert!(varies(&unchanged));
        assert!(unchanged.body.is_empty());
    }
    let changed = edge
        .send(read().header("if-none-match", "\"6-gzip\""))
        .await;
    assert_eq!(changed.status, 200);

    let change = || request(Method::PUT, "/v1/versioned");
    for tag in ["\"7-gzip\"", "\"7\""] {
        let answer = edge.send(change().header("if-match", tag)).await;
        assert_eq!(answer.status, 200, "{tag}");
    }
}

async fn a_weak_tag_is_good_for_both(way: Way) {
    let edge = edge(way).await;

    let compressed = edge.send(accepting("gzip", "/v1/weak")).await;

    assert_eq!(compressed.header("content-encoding"), "gzip");
    assert_eq!(compressed.header("etag"), "W/\"7\"");
}

async fn an_event_arrives_at_once_though_its_reader_accepts_gzip(way: Way) {
    let events = || async {
        let first = stream::once(async { Ok::<_, std::io::Error>(Bytes::from("data: first\n\n")) });
        let events = Body::from_stream(first.chain(stream::pending()));
        ([("content-type", "text/event-stream")], events).into_response()
    };
    for x_edge in [json!({ "stream": true }), json!({})] {
        let paths = json!({ "/v1/live": { "get": { "operationId": "live", "x-edge": x_edge } } });
        let service = Router::new().route("/v1/live", get(events));
        let edge = edge_before(way, Config::default(), vec![("garden", paths, service)]).await;

        let request = accepting("gzip", "/v1/live").body(Body::empty()).unwrap();
        let answer = edge.app.clone().oneshot(request).await.unwrap();
        let first = answer.into_body().into_data_stream().next().await;

        assert_eq!(first.unwrap().unwrap(), "data: first\n\n");
    }
}
