//! The call itself: limits, time, repetition, and answers that are not to be believed.

use std::{
    future::pending,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    body::{Body, Bytes},
    http::{Method, StatusCode},
    response::IntoResponse,
    routing::{get, post},
};
use client::Upstream;
use edge::Config;
use futures::{StreamExt, stream};
use kit::http::Problem;
use serde_json::{Value, json};
use testkit::service::{Answer, Client};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    time::Instant,
};
use tokio_util::sync::CancellationToken;

use crate::world::{Edge, Way, World, at, edge_before, request, service};

both_ways![
    a_body_passes_as_it_is,
    an_announced_body_over_the_limit_is_refused,
    a_streamed_body_over_the_limit_is_refused,
    a_body_that_breaks_off_is_the_clients_fault,
    a_service_that_takes_too_long_times_out,
    a_body_that_comes_too_slowly_is_the_clients_fault,
    a_failure_without_a_problem_is_a_bad_gateway,
    a_failure_with_a_problem_passes,
    a_refusal_of_any_form_passes,
    a_panic_of_a_service_is_its_own_fault,
];

async fn a_body_passes_as_it_is(way: Way) {
    let world = World::open(way).await;
    let letter = "x".repeat(64 * 1024);

    let announced = request(Method::POST, "/v1/letters").header("content-length", letter.len());
    world
        .edge
        .send_with(announced, letter.clone())
        .await
        .ok(200);
    assert_eq!(world.calls.only().body, letter);

    let streamed = request(Method::POST, "/v1/letters");
    world
        .edge
        .send_with(streamed, in_pieces(&letter))
        .await
        .ok(200);
    assert_eq!(world.calls.only().body, letter);
}

async fn an_announced_body_over_the_limit_is_refused(way: Way) {
    let world = World::open(way).await;

    for (path, length) in [
        ("/v1/notes", "17"),
        ("/v1/letters", "65537"),
        ("/v1/letters", "18446744073709551615"),
    ] {
        let request = request(Method::POST, path).header("content-length", length);
        world
            .edge
            .send(request)
            .await
            .refused(413, "body-too-large");
    }
    assert_eq!(world.calls.count(), 0);
}

async fn a_streamed_body_over_the_limit_is_refused(way: Way) {
    let world = World::open(way).await;

    let note = request(Method::POST, "/v1/notes");
    let answer = world
        .edge
        .send_with(note, in_pieces("seventeen letters"))
        .await;
    answer.refused(413, "body-too-large");

    let letter = request(Method::POST, "/v1/letters");
    let answer = world
        .edge
        .send_with(letter, in_pieces(&"x".repeat(100_000)))
        .await;
    answer.refused(413, "body-too-large");

    assert_eq!(world.calls.count(), 0);
}

async fn a_body_that_breaks_off_is_the_clients_fault(way: Way) {
    let world = World::open(way).await;
    let broken = Body::from_stream(stream::iter([
        Ok(Bytes::from("a begin")),
        Err(std::io::Error::other("no more")),
    ]));

    let request = request(Method::POST, "/v1/letters");
    let answer = world.edge.send_with(request, broken).await;

    answer.refused(400, "bad-request");
    assert_eq!(world.calls.count(), 0);
}

/// A body of unknown length.
fn in_pieces(text: &str) -> Body {
    let pieces: Vec<_> = text
        .as_bytes()
        .chunks(1000)
        .map(Bytes::copy_from_slice)
        .collect();
    Body::from_stream(stream::iter(
        pieces.into_iter().map(Ok::<_, std::io::Error>),
    ))
}

async fn a_service_that_takes_too_long_times_out(way: Way) {
    let paths = json!({ "/v1/slow": { "get": {
        "operationId": "slow", "x-edge": { "timeout_ms": 20 },
    } } });
    let router = Router::new().route("/v1/slow", get(pending::<()>));
    let edge = edge_before(way, Config::default(), vec![("garden", paths, router)]).await;

    let answer = edge.get("/v1/slow").await;

    answer.refused(504, "timeout");
}

async fn a_body_that_comes_too_slowly_is_the_clients_fault(way: Way) {
    let operation = |id: &str| json!({ "operationId": id, "x-edge": { "timeout_ms": 200 } });
    let paths = json!({
        "/v1/letters": { "post": operation("add_letter") },
        "/v1/slow": { "post": operation("slow") },
    });
    let router = Router::new()
        .route("/v1/letters", post(|letter: Bytes| async { letter }))
        .route("/v1/slow", post(|_: Bytes| async { pending::<()>().await }));
    let edge = edge_before(way, Config::default(), vec![("garden", paths, router)]).await;
    let begun = stream::iter([Ok::<_, std::io::Error>(Bytes::from("a begin"))]);
    let slowly = Body::from_stream(begun.chain(stream::pending()));

    let slow_client = edge.send_with(request(Method::POST, "/v1/letters"), slowly);
    slow_client.await.refused(408, "request-timeout");

    let slow_service = request(Method::POST, "/v1/slow");
    let answer = edge.send_with(slow_service, in_pieces("a letter")).await;
    answer.refused(504, "timeout");
}

#[tokio::test(start_paused = true)]
async fn the_document_says_how_long_a_service_may_take() {
    let paths = json!({
        "/v1/usual": { "get": { "operationId": "usual" } },
        "/v1/quick": { "get": { "operationId": "quick", "x-edge": { "timeout_ms": 300 } } },
    });
    let router = Router::new().fallback(pending::<()>);
    let fakes = vec![("garden", paths, router)];
    let edge = edge_before(Way::InProcess, Config::default(), fakes).await;

    for (path, limit_ms) in [("/v1/usual", 5000), ("/v1/quick", 300)] {
        let started = Instant::now();
        edge.get(path).await.refused(504, "timeout");

        let spent = started.elapsed();
        let limit = Duration::from_millis(limit_ms);
        assert!(
            spent >= limit && spent < limit + Duration::from_millis(10),
            "{spent:?}"
        );
    }
}

#[tokio::test]
async fn a_service_is_told_how_long_it_has() {
    let world = World::open(Way::Http).await;

    world.edge.get("/v1/plants").await.ok(200);

    let seen = world.calls.only().headers;
    let left: u64 = seen["terrace-deadline"].to_str().unwrap().parse().unwrap();
    assert!((1..=5000).contains(&left), "{left}");
}

async fn a_failure_without_a_problem_is_a_bad_gateway(way: Way) {
    for status in [500, 502, 503, 599] {
        let answer = answered(way, status, "text/plain", "panicked at src/secret.rs:1").await;

        answer.refused(502, "bad-gateway");
        assert!(!answer.text().contains("secret"), "{}", answer.text());
    }
}

async fn a_failure_with_a_problem_passes(way: Way) {
    let paths = json!({ "/v1/plants": { "get": { "operationId": "list_plants" } } });
    let failing = get(|| async { Problem::unavailable().detail("The shed is shut.") });
    let router =
        Router::new()
            .route("/v1/plants", failing)
            .layer(axum::middleware::from_fn_with_state(
                "garden",
                kit::telemetry::record,
            ));
    let edge = edge_before(way, Config::default(), vec![("garden", paths, router)]).await;

    let answer = edge.get("/v1/plants").await;

    let problem = answer.refused(503, "unavailable");
    assert_eq!(problem.detail.as_deref(), Some("The shed is shut."));
    assert_eq!(answer.header("retry-after"), "1");
}

async fn a_refusal_of_any_form_passes(way: Way) {
    let body = json!({ "type": "/problems/gone", "title": "Gone", "status": 410, "instance": ID });

    let answer = answered(way, 410, "application/problem+json", &body.to_string()).await;

    answer.refused(410, "gone");

    // Not from our code, and not a failure: what a proxy or a framework refuses is passed on.
    let sent = edge_answering(way, 418, "text/plain", "short and stout").await;
    let answer = Client::outside(Upstream::InProcess(sent.app.clone()))
        .send(request(Method::GET, "/v1/plants"), Body::empty())
        .await;
    assert_eq!(
        (answer.status.as_u16(), answer.text().as_str()),
        (418, "short and stout")
    );
    assert_eq!(answer.header("content-type"), "text/plain");
}

async fn a_panic_of_a_service_is_its_own_fault(way: Way) {
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = calls.clone();
    let panicking = get(move || async move {
        counted.fetch_add(1, Ordering::SeqCst);
        if true {
            panic!("secret");
        }
    });
    let recorded = axum::middleware::from_fn_with_state("garden", kit::telemetry::record);
    let router = Router::new().route("/v1/plants", panicking).layer(recorded);
    let paths = json!({ "/v1/plants": { "get": { "operationId": "list_plants" } } });
    let edge = edge_before(way, Config::default(), vec![("garden", paths, router)]).await;

    let answer = edge.get("/v1/plants").await;

    answer.refused(500, "internal");
    assert!(!answer.text().contains("secret"), "{}", answer.text());
    assert_eq!(calls.load(Ordering::SeqCst), 1, "and it is not repeated");
}

/// The request id that [`answered`] sends.
const ID: &str = "request-of-this-test";

/// What the edge makes of this answer of a service.
async fn answered(way: Way, status: u16, media_type: &'static str, body: &str) -> Answer {
    let edge = edge_answering(way, status, media_type, body).await;
    let request = request(Method::GET, "/v1/plants").header("x-request-id", ID);
    edge.send(request).await
}

/// The edge before a service that answers this.
async fn edge_answering(way: Way, status: u16, media_type: &'static str, body: &str) -> Edge {
    let (status, body) = (StatusCode::from_u16(status).unwrap(), body.to_owned());
    let handler =
        move || async move { (status, [("content-type", media_type)], body).into_response() };
    let paths = json!({ "/v1/plants": { "get": { "operationId": "list_plants" } } });
    let router = Router::new().route("/v1/plants", get(handler));
    edge_before(way, Config::default(), vec![("garden", paths, router)]).await
}

#[tokio::test]
async fn a_request_without_a_body_whose_connection_broke_is_repeated_once_where_that_is_allowed() {
    for (what, method, edge, body, expected) in [
        ("a GET", Method::GET, json!({}), "", 2),
        (
            "a GET that must not be",
            Method::GET,
            json!({ "retry": false }),
            "",
            1,
        ),
        ("a POST", Method::POST, json!({}), "", 1),
        (
            "a POST that may be",
            Method::POST,
            json!({ "retry": true }),
            "",
            2,
        ),
        (
            "with a body",
            Method::POST,
            json!({ "retry": true }),
            "a body",
            1,
        ),
        ("a DELETE", Method::DELETE, json!({}), "", 1),
    ] {
        let upstream = Refusing::first(1).await;
        let edge = upstream.edge(method.as_str(), edge);

        let answer = edge.send_with(request(method, "/v1/plants"), body).await;

        assert_eq!(upstream.connections(), expected, "{what}");
        if expected == 2 {
            assert_eq!(answer.status, 200, "{what}");
        } else {
            answer.refused(503, "unavailable");
        }
    }
}

#[tokio::test]
async fn nothing_is_repeated_more_than_once() {
    let upstream = Refusing::first(usize::MAX).await;
    let edge = upstream.edge("GET", json!({}));

    let answer = edge.get("/v1/plants").await;

    answer.refused(503, "unavailable");
    assert_eq!(answer.header("retry-after"), "1");
    assert_eq!(upstream.connections(), 2);
}

#[tokio::test]
async fn what_one_replica_drops_another_answers() {
    let (bad, good) = (Refusing::first(usize::MAX).await, Refusing::first(0).await);
    let replicas = format!("http://{},http://{}", bad.address, good.address);
    let replicas = Upstream::http(replicas.parse().unwrap());
    let paths = json!({ "/v1/plants": { "get": { "operationId": "plants" } } });
    let services = vec![service("garden", paths, replicas)];
    let edge = Edge::new(Config::default(), services, CancellationToken::new());

    // Fewer than make the edge leave the bad one alone.
    while bad.connections() < 4 {
        let answer = edge.get("/v1/plants").await;
        assert_eq!(answer.status, 200);
    }

    assert!(good.connections() >= 4);
}

#[tokio::test]
async fn a_service_that_keeps_failing_is_not_asked_for_a_while() {
    let upstream = Refusing::first(usize::MAX).await;
    let edge = upstream.edge("GET", json!({ "retry": false }));

    for _ in 0..5 {
        edge.get("/v1/plants").await.refused(503, "unavailable");
    }
    let answer = edge.get("/v1/plants").await;

    answer.refused(503, "unavailable");
    assert_eq!(answer.header("retry-after"), "1");
    assert_eq!(upstream.connections(), 5);
}

#[tokio::test]
async fn a_service_that_is_gone_takes_only_its_operations_along() {
    let world = World::open(Way::InProcess).await;
    let port = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let nobody = at(port.local_addr().unwrap());
    drop(port);
    let paths = |path: &str| json!({ path: { "get": { "operationId": "list" } } });
    let here = Upstream::InProcess(world.edge.app.clone());
    let services = vec![
        service("gone", paths("/v1/gone"), nobody),
        service("here", paths("/v1/plants"), here),
    ];
    let edge = Edge::new(Config::default(), services, CancellationToken::new());

    edge.get("/v1/gone").await.refused(503, "unavailable");
    edge.get("/v1/plants").await.ok(200);
    assert_eq!(world.calls.count(), 1);
    edge.get("/v1/openapi.json").await.ok(200);
}

/// A service that hangs up on its first connections, before it reads a byte.
struct Refusing {
    address: std::net::SocketAddr,
    connections: Arc<AtomicUsize>,
}

impl Refusing {
    async fn first(refused: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let connections = Arc::new(AtomicUsize::new(0));
        let counted = connections.clone();
        tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                if counted.fetch_add(1, Ordering::SeqCst) < refused {
                    continue;
                }
                let mut head = [0; 4096];
                let _ = stream.read(&mut head).await.unwrap();
                let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok";
                stream.write_all(answer).await.unwrap();
            }
        });
        Self {
            address,
            connections,
        }
    }

    fn edge(&self, method: &str, edge: Value) -> Edge {
        let operation = json!({ "operationId": "plants", "x-edge": edge });
        let paths = json!({ "/v1/plants": { method.to_lowercase(): operation } });
        let services = vec![service("garden", paths, at(self.address))];
        Edge::new(Config::default(), services, CancellationToken::new())
    }

    fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}
