//! Streams of events pass as they come.

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::{
    Router,
    body::{Body, Bytes},
    http::{Method, Response},
    routing::get,
};
use edge::Config;
use futures::StreamExt;
use serde_json::json;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use crate::{
    tokens::{Issuer, claims_with, now},
    world::{Keys, Way, bearer, edge_before, request},
};

both_ways![
    an_event_arrives_before_the_stream_ends,
    a_reader_that_leaves_ends_the_stream,
];

#[tokio::test]
async fn a_stream_ends_with_the_token_by_which_it_was_asked_for() {
    let user = json!([{ "bearer": [] }]);
    let paths = json!({ "/v1/events": { "get": {
        "operationId": "events", "security": user, "x-edge": { "stream": true },
    } } });
    let service = events(Arc::new(Notify::new()), CancellationToken::new());
    let issuer = Issuer::new("first");
    let keys = Keys::default();
    keys.publish(&[&issuer]);
    let fakes = vec![("garden", paths, service), keys.users()];
    let edge = edge_before(Way::InProcess, Config::default(), fakes).await;
    let token = issuer.sign(&claims_with(json!({ "exp": now() + 2 })));
    let request = bearer(request(Method::GET, "/v1/events"), &token);
    let answer = edge
        .app
        .clone()
        .oneshot(request.body(Body::empty()).unwrap());
    let mut events = answer.await.unwrap().into_body().into_data_stream();
    assert_eq!(events.next().await.unwrap().unwrap(), "data: first\n\n");

    let end = tokio::time::timeout(Duration::from_secs(10), events.next());

    assert!(end.await.expect("the stream ends").is_none());
}

/// A service that tells one event at once and another when it is `allowed`.
fn events(allowed: Arc<Notify>, ended: CancellationToken) -> Router {
    let stream = move || {
        let (allowed, guard) = (allowed.clone(), ended.clone().drop_guard());
        let first = futures::stream::once(async { Bytes::from("data: first\n\n") });
        let second = futures::stream::once(async move {
            allowed.notified().await;
            drop(guard);
            Bytes::from("data: second\n\n")
        });
        let events = first.chain(second).map(Ok::<_, Infallible>);
        async {
            (
                [("content-type", "text/event-stream")],
                Body::from_stream(events),
            )
        }
    };
    Router::new().route("/v1/events", get(stream))
}

async fn open(way: Way, service: Router) -> (crate::world::Edge, Response<Body>) {
    let paths = json!({ "/v1/events": { "get": {
        "operationId": "events", "x-edge": { "stream": true, "timeout_ms": 1000 },
    } } });
    let edge = edge_before(way, Config::default(), vec![("garden", paths, service)]).await;
    let request = request(Method::GET, "/v1/events").body(Body::empty());
    let answer = edge.app.clone().oneshot(request.unwrap()).await.unwrap();
    (edge, answer)
}

async fn an_event_arrives_before_the_stream_ends(way: Way) {
    let allowed = Arc::new(Notify::new());
    let (_edge, answer) = open(way, events(allowed.clone(), CancellationToken::new())).await;
    assert_eq!(answer.headers()["content-type"], "text/event-stream");
    let mut events = answer.into_body().into_data_stream();

    let first = events.next().await.unwrap().unwrap();
    assert_eq!(first, "data: first\n\n");

    // The operation's time counts until the head, not until the end.
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(5)).await;
    tokio::time::resume();
    allowed.notify_one();
    let second = events.next().await.unwrap().unwrap();
    assert_eq!(second, "data: second\n\n");
    assert!(events.next().await.is_none());
}

async fn a_reader_that_leaves_ends_the_stream(way: Way) {
    let ended = CancellationToken::new();
    let (_edge, answer) = open(way, events(Arc::new(Notify::new()), ended.clone())).await;
    let mut events = answer.into_body().into_data_stream();
    events.next().await.unwrap().unwrap();

    drop(events);

    let ended = tokio::time::timeout(Duration::from_secs(10), ended.cancelled());
    ended.await.expect("the service is told");
}
