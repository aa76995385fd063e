//! RFC 9112, HTTP/1.1, section by section, on a real connection.

use std::time::Duration;

use axum::{
    Router,
    http::{Method, header},
};
use kit::serve::Limits;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    time::{Instant, timeout},
};

use crate::world::{Way, Wire, World, request};

both_ways![
    section_3_2_a_host_is_one_and_well_formed,
    section_3_2_2_an_absolute_target_names_the_host_in_any_case,
    section_5_a_head_is_limited_to_the_byte,
    section_7_1_a_stream_of_chunks_has_an_end,
    section_9_6_an_early_answer_is_read_before_the_connection_ends,
    section_9_8_an_idle_connection_lives_longer_than_a_head_may_take,
];

/// The most that a head has, from the target to its last line.
const MAX_HEAD: usize = 64 * 1024;

fn status(heard: &str) -> &str {
    heard.get(9..12).unwrap_or("none")
}

async fn section_3_2_a_host_is_one_and_well_formed(way: Way) {
    let world = World::open(way).await;

    for (host, expected) in [
        ("shop.test", 200),
        ("SHOP.test:8080", 200),
        ("shop.test:", 200),
        ("127.0.0.1:65535", 200),
        ("[::1]:8080", 200),
        ("", 400),
        ("a b", 400),
        ("a/b", 400),
        ("shop.test:99999", 400),
        ("shop.test:+80", 400),
        ("shop.test:80:80", 400),
        (":80", 400),
        ("me@shop.test", 400),
        ("[::1", 400),
        ("shop.test, evil.test", 400),
        ("shop.test?x", 400),
    ] {
        let request = testkit::service::request(Method::GET, "/v1/plants");
        let answer = world.edge.send(request.header(header::HOST, host)).await;
        assert_eq!(answer.status, expected, "{host:?}");
    }
}

async fn section_3_2_2_an_absolute_target_names_the_host_in_any_case(way: Way) {
    let world = World::open(way).await;

    for (target, expected) in [
        ("http://SHOP.TEST/v1/plants", 200),
        ("HTTP://shop.test/v1/plants", 200),
        ("http://evil.test/v1/plants", 400),
        ("http://shop.test:81/v1/plants", 400),
    ] {
        let answer = world.edge.send(request(Method::GET, target)).await;
        assert_eq!(answer.status, expected, "{target}");
    }
}

async fn section_5_a_head_is_limited_to_the_byte(way: Way) {
    let world = World::open(way).await;
    let target = "/v1/plants";
    let rest = target.len() + "host: shop.test\r\n".len() + "x-long: \r\n".len();
    let rest = rest + "connection: close\r\n".len();

    for (more, expected) in [(0, "200"), (1, "431"), (1000, "431"), (100_000, "431")] {
        let mut wire = world.edge.connect().await;
        let long = "x".repeat(MAX_HEAD - rest + more);
        wire.say(format!(
            "GET {target} HTTP/1.1\r\nhost: shop.test\r\nx-long: {long}\r\nconnection: close\r\n\r\n"
        ))
        .await;
        assert_eq!(status(&wire.hear().await), expected, "{more}");
    }
    assert_eq!(world.calls.count(), 1);
}

async fn section_7_1_a_stream_of_chunks_has_an_end(way: Way) {
    use axum::{body::Body, routing::get};
    let events = || async {
        let events = ["data: one\n\n", "data: two\n\n"].map(Ok::<_, std::convert::Infallible>);
        let body = Body::from_stream(futures::stream::iter(events));
        ([("content-type", "text/event-stream")], body)
    };
    let router = Router::new().route("/v1/events", get(events));
    let paths = serde_json::json!({ "/v1/events": { "get": {
        "operationId": "events", "x-edge": { "stream": true },
    } } });
    let fakes = vec![("garden", paths, router)];
    let edge = crate::world::edge_before(way, edge::Config::default(), fakes).await;
    let mut wire = edge.connect().await;

    wire.say("GET /v1/events HTTP/1.1\r\nHost: shop.test\r\nConnection: close\r\n\r\n")
        .await;
    let heard = wire.hear().await;

    assert!(heard.contains("data: two"), "{heard}");
    assert!(heard.ends_with("\r\n0\r\n\r\n"), "{heard}");
}

/// A client that sends all of its body before it reads, as many do.
async fn section_9_6_an_early_answer_is_read_before_the_connection_ends(way: Way) {
    const BODY: usize = 8 * 1024 * 1024;
    let world = World::open(way).await;
    let announced = format!("Content-Length: {BODY}\r\n\r\n");
    let chunked = "Transfer-Encoding: chunked\r\n\r\n".to_owned();
    let chunk = format!("10000\r\n{}\r\n", "x".repeat(0x10000)).repeat(BODY / 0x10000);

    for (rest, body) in [(announced, "x".repeat(BODY)), (chunked, chunk)] {
        let Wire(mut stream) = world.edge.connect().await;
        let head = format!("POST /v1/letters HTTP/1.1\r\nHost: shop.test\r\n{rest}");
        stream.write_all(head.as_bytes()).await.unwrap();
        // No reset, however slowly it comes.
        for part in body.as_bytes().chunks(1024 * 1024) {
            stream.write_all(part).await.unwrap();
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let mut heard = String::new();
        stream.read_to_string(&mut heard).await.unwrap();

        assert_eq!(status(&heard), "413", "{heard}");
        assert!(
            heard.to_lowercase().contains("\r\nconnection: close\r\n"),
            "{heard}"
        );
        assert!(heard.contains("body-too-large"), "{heard}");
    }
    assert_eq!(world.calls.count(), 0);
}

async fn section_9_8_an_idle_connection_lives_longer_than_a_head_may_take(way: Way) {
    let world = World::open(way).await;
    let limits = Limits {
        header_read: Duration::from_millis(200),
        idle: Duration::from_millis(1500),
        ..Limits::default()
    };
    let get = "GET /v1/plants HTTP/1.1\r\nHost: shop.test\r\n\r\n";
    let mut buffer = [0; 4096];

    // Idle between two requests, for longer than a head may take.
    let Wire(mut stream) = world.edge.connect_with(limits).await;
    for _ in 0..2 {
        stream.write_all(get.as_bytes()).await.unwrap();
        assert_ne!(stream.read(&mut buffer).await.unwrap(), 0);
        tokio::time::sleep(Duration::from_millis(600)).await;
    }
    // A head that has begun has no more than its own time.
    stream.write_all(b"GET /v1/pl").await.unwrap();
    let begun = Instant::now();
    let end = timeout(Duration::from_secs(5), stream.read(&mut buffer)).await;
    assert_eq!(end.unwrap().unwrap_or(0), 0, "it hangs up");
    assert!(
        begun.elapsed() < Duration::from_millis(1000),
        "{:?}",
        begun.elapsed()
    );

    // And an idle one is closed at last.
    let Wire(mut stream) = world.edge.connect_with(limits).await;
    stream.write_all(get.as_bytes()).await.unwrap();
    assert_ne!(stream.read(&mut buffer).await.unwrap(), 0);
    let end = timeout(Duration::from_secs(10), stream.read(&mut buffer)).await;
    assert_eq!(end.unwrap().unwrap_or(0), 0, "it hangs up");
}
