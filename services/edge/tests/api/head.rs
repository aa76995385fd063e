//! `HEAD` is answered as `GET` is, without the body.

use axum::{
    Router,
    http::{HeaderMap, Method},
    response::IntoResponse,
    routing::get,
};
use edge::Config;
use serde_json::json;

use crate::world::{Edge, Way, World, edge_before, request};

both_ways![
    the_headers_are_those_of_a_get,
    the_service_sees_a_get,
    what_a_get_is_refused_a_head_is_refused,
    an_operation_that_is_no_get_has_no_head,
];

/// A service with answers of a known length, of none, and with nothing at all.
async fn edge(way: Way) -> Edge {
    let plants = "a plant ".repeat(500);
    let answer = move || async move { ([("etag", "\"7\"")], plants).into_response() };
    let pieces = || async {
        let pieces = ["a ", "plant"].map(Ok::<_, std::convert::Infallible>);
        axum::body::Body::from_stream(futures::stream::iter(pieces))
    };
    let router = Router::new()
        .route("/v1/plants", get(answer))
        .route("/v1/pieces", get(pieces))
        .route("/v1/nothing", get(|| async {}));
    let read = |id: &str| json!({ "get": { "operationId": id } });
    let paths = json!({
        "/v1/plants": read("plants"), "/v1/pieces": read("pieces"), "/v1/nothing": read("nothing"),
    });
    edge_before(way, Config::default(), vec![("garden", paths, router)]).await
}

/// All that does not differ between two requests as it is.
fn comparable(headers: &HeaderMap) -> Vec<(String, String)> {
    let headers = headers.iter();
    let text = headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()));
    let mut text: Vec<_> = text
        .filter(|(name, _)| !["x-request-id", "server-timing", "date"].contains(&name.as_str()))
        .collect();
    text.sort();
    text
}

async fn the_headers_are_those_of_a_get(way: Way) {
    let edge = edge(way).await;

    for (path, coding) in [
        ("/v1/plants", "identity"),
        ("/v1/plants", "gzip"),
        ("/v1/pieces", "identity"),
        ("/v1/nothing", "gzip"),
    ] {
        let ask = |method| request(method, path).header("accept-encoding", coding);
        let get = edge.send(ask(Method::GET)).await;
        let head = edge.send(ask(Method::HEAD)).await;

        assert_eq!(head.status, get.status, "{path}");
        assert_eq!(
            comparable(&head.headers),
            comparable(&get.headers),
            "{path}"
        );
        assert!(head.body.is_empty(), "{path}");
    }
    let head = edge.send(request(Method::HEAD, "/v1/plants")).await;
    assert_eq!(head.header("content-length"), "4000");

    let mut wire = edge.connect().await;
    wire.say("HEAD /v1/plants HTTP/1.1\r\nHost: shop.test\r\nConnection: close\r\n\r\n")
        .await;
    let heard = wire.hear().await.to_lowercase();
    assert!(heard.starts_with("http/1.1 200"), "{heard}");
    assert!(heard.contains("\r\ncontent-length: 4000\r\n"), "{heard}");
    assert!(heard.ends_with("\r\n\r\n"), "no body: {heard}");
}

async fn the_service_sees_a_get(way: Way) {
    let world = World::open(way).await;

    let answer = world.edge.send(request(Method::HEAD, "/v1/plants")).await;

    assert_eq!(answer.status, 200);
    assert_eq!(world.calls.only().method, Method::GET);
}

async fn what_a_get_is_refused_a_head_is_refused(way: Way) {
    let world = World::open(way).await;

    for (path, status) in [
        ("/v1/me", "401"),
        ("/nowhere", "404"),
        ("/v1//plants", "400"),
    ] {
        let mut wire = world.edge.connect().await;
        wire.say(format!(
            "HEAD {path} HTTP/1.1\r\nHost: shop.test\r\nConnection: close\r\n\r\n"
        ))
        .await;
        let heard = wire.hear().await;

        assert_eq!(heard.get(9..12), Some(status), "{heard}");
        assert!(heard.ends_with("\r\n\r\n"), "no body: {heard}");
    }
    assert_eq!(world.calls.count(), 0);
}

async fn an_operation_that_is_no_get_has_no_head(way: Way) {
    let world = World::open(way).await;
    let mut wire = world.edge.connect().await;

    wire.say("HEAD /v1/notes HTTP/1.1\r\nHost: shop.test\r\nConnection: close\r\n\r\n")
        .await;
    let heard = wire.hear().await.to_lowercase();

    assert!(heard.starts_with("http/1.1 405"), "{heard}");
    assert!(heard.contains("\r\nallow: post, options\r\n"), "{heard}");
    assert_eq!(world.calls.count(), 0);
}
