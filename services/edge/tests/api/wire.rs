//! Bytes on a real connection: whatever a client sends, it gets one answer for one request, and
//! nothing that it hid in another request is carried out.

use crate::world::{Way, World};

/// The request that attackers hide.
const SMUGGLED: &str = "GET /v1/smuggled HTTP/1.1\r\nHost: shop.test\r\n\r\n";

both_ways![
    two_honest_requests_get_two_answers,
    a_hidden_request_is_not_carried_out,
    what_cannot_be_read_is_refused,
    a_head_that_is_too_large_is_refused,
    a_slow_head_is_cut_off,
    a_streamed_body_is_limited_on_the_wire,
    a_body_over_the_limit_is_refused_before_it_is_sent,
    an_old_client_is_answered,
];

/// All that the edge answers to these bytes.
async fn heard(world: &World, bytes: impl AsRef<[u8]>) -> String {
    let mut wire = world.edge.connect().await;
    wire.say(bytes).await;
    wire.hear().await
}

fn answers(heard: &str) -> usize {
    heard.matches("HTTP/1.").count()
}

fn status(heard: &str) -> &str {
    heard.get(9..12).unwrap_or("none")
}

async fn two_honest_requests_get_two_answers(way: Way) {
    let world = World::open(way).await;

    let heard = heard(&world, SMUGGLED.repeat(2)).await;

    assert_eq!(answers(&heard), 2, "{heard}");
    assert_eq!(world.calls.count(), 2);
}

async fn a_hidden_request_is_not_carried_out(way: Way) {
    let world = World::open(way).await;
    let chunked = |lines: &str| format!("{lines}\r\n0\r\n\r\n{SMUGGLED}");
    let length = SMUGGLED.len() + 5;
    let in_a_chunk = format!("{:x}\r\n{SMUGGLED}\r\n0\r\n\r\n", SMUGGLED.len());
    // Two readings of where the body ends. RFC 9112 §6.3 lets the chunks win, then hangs up.
    let both = [
        (
            "length, then chunked",
            chunked(&format!(
                "Content-Length: {length}\r\nTransfer-Encoding: chunked\r\n"
            )),
        ),
        (
            "chunked, then length",
            chunked(&format!(
                "Transfer-Encoding: chunked\r\nContent-Length: {length}\r\n"
            )),
        ),
        (
            "a short length and chunked",
            format!("Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n{in_a_chunk}"),
        ),
        (
            "chunked and a short length",
            format!("Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n{in_a_chunk}"),
        ),
        (
            "no length and chunked",
            chunked("Content-Length: 0\r\nTransfer-Encoding: chunked\r\n"),
        ),
    ];
    let unreadable = [
        (
            "two lengths",
            format!("Content-Length: 0\r\nContent-Length: {length}\r\n\r\n{SMUGGLED}"),
        ),
        (
            "two lengths, turned",
            format!("Content-Length: {length}\r\nContent-Length: 0\r\n\r\n{SMUGGLED}"),
        ),
        (
            "two lengths in one line",
            format!("Content-Length: 0, {length}\r\n\r\n{SMUGGLED}"),
        ),
        (
            "a signed length",
            format!("Content-Length: +0\r\n\r\n{SMUGGLED}"),
        ),
        (
            "a negative length",
            format!("Content-Length: -1\r\n\r\n{SMUGGLED}"),
        ),
        (
            "a length in hexadecimal",
            format!("Content-Length: 0x0\r\n\r\n{SMUGGLED}"),
        ),
        (
            "an empty length",
            format!("Content-Length: \r\n\r\n{SMUGGLED}"),
        ),
        // Codings that one reader understands and another does not.
        ("xchunked", chunked("Transfer-Encoding: xchunked\r\n")),
        (
            "chunked, identity",
            chunked("Transfer-Encoding: chunked, identity\r\n"),
        ),
        (
            "gzip, chunked",
            chunked("Transfer-Encoding: gzip, chunked\r\n"),
        ),
        (
            "chunked twice",
            chunked("Transfer-Encoding: chunked, chunked\r\n"),
        ),
        (
            "chunked in two lines",
            chunked("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"),
        ),
        (
            "identity, then chunked",
            chunked("Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n"),
        ),
        (
            "chunked, then identity",
            chunked("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n"),
        ),
        ("a parameter", chunked("Transfer-Encoding: chunked;q=1\r\n")),
        (
            "a vertical tab",
            chunked("Transfer-Encoding: \x0bchunked\r\n"),
        ),
        (
            "a quoted coding",
            chunked("Transfer-Encoding: \"chunked\"\r\n"),
        ),
        // Lines that one reader ends elsewhere.
        (
            "a space before the colon",
            chunked("Transfer-Encoding : chunked\r\n"),
        ),
        (
            "a folded line",
            chunked("Transfer-Encoding:\r\n chunked\r\n"),
        ),
        (
            "a folded header",
            chunked("X-Fold: one\r\n two\r\nTransfer-Encoding: chunked, identity\r\n"),
        ),
        (
            "a bare carriage return",
            chunked("X-Note: a\rTransfer-Encoding: chunked\r\nContent-Length: x\r\n"),
        ),
        ("a NUL", chunked("X-Note: a\0b\r\nContent-Length: x\r\n")),
        // Chunks that do not say their size.
        (
            "a size that overflows",
            format!("Transfer-Encoding: chunked\r\n\r\n10000000000000000\r\n{SMUGGLED}"),
        ),
        (
            "a size with 0x",
            format!("Transfer-Encoding: chunked\r\n\r\n0x0\r\n\r\n{SMUGGLED}"),
        ),
        (
            "a negative size",
            format!("Transfer-Encoding: chunked\r\n\r\n-1\r\n\r\n{SMUGGLED}"),
        ),
        (
            "no size",
            format!("Transfer-Encoding: chunked\r\n\r\n\r\n\r\n{SMUGGLED}"),
        ),
        (
            "a size in two words",
            format!("Transfer-Encoding: chunked\r\n\r\n0 0\r\n\r\n{SMUGGLED}"),
        ),
        (
            "a bare line feed in an extension",
            format!("Transfer-Encoding: chunked\r\n\r\n2;a\nxx\r\n0\r\n\r\n{SMUGGLED}"),
        ),
        (
            "a chunk that is longer than it says",
            format!("Transfer-Encoding: chunked\r\n\r\n1\r\nxx\r\n0\r\n\r\n{SMUGGLED}"),
        ),
    ];

    let expected = both.map(|case| (case, "200"));
    let expected = expected
        .into_iter()
        .chain(unreadable.map(|case| (case, "400")));
    for ((what, rest), expected) in expected {
        let bytes = format!("POST /v1/letters HTTP/1.1\r\nHost: shop.test\r\n{rest}");
        let heard = heard(&world, bytes).await;

        assert_eq!(answers(&heard), 1, "{what}: {heard}");
        assert_eq!(status(&heard), expected, "{what}: {heard}");
        let calls = world.calls.take();
        assert_eq!(calls.len(), usize::from(expected == "200"), "{what}");
        let smuggled = calls.iter().any(|seen| seen.uri.path() == "/v1/smuggled");
        assert!(!smuggled, "{what}: {heard}");
    }
}

async fn what_cannot_be_read_is_refused(way: Way) {
    let world = World::open(way).await;

    for (what, head) in [
        (
            "two hosts",
            "GET /v1/plants HTTP/1.1\r\nHost: shop.test\r\nHost: evil.test\r\n\r\n",
        ),
        ("no host", "GET /v1/plants HTTP/1.1\r\n\r\n"),
        (
            "another host in the target",
            "GET http://evil.test/v1/plants HTTP/1.1\r\nHost: shop.test\r\n\r\n",
        ),
        (
            "a relative target",
            "GET v1/plants HTTP/1.1\r\nHost: shop.test\r\n\r\n",
        ),
        (
            "a backslash",
            "GET /v1\\plants HTTP/1.1\r\nHost: shop.test\r\n\r\n",
        ),
        ("no version", "GET /v1/plants\r\nHost: shop.test\r\n\r\n"),
        (
            "a version of the future",
            "GET /v1/plants HTTP/1.2\r\nHost: shop.test\r\n\r\n",
        ),
        (
            "two spaces",
            "GET  /v1/plants HTTP/1.1\r\nHost: shop.test\r\n\r\n",
        ),
        (
            "a header before the first",
            "GET /v1/plants HTTP/1.1\r\n Host: shop.test\r\n\r\n",
        ),
        (
            "a header without a colon",
            "GET /v1/plants HTTP/1.1\r\nHost: shop.test\r\nX\r\n\r\n",
        ),
        (
            "a tunnel",
            "CONNECT shop.test:80 HTTP/1.1\r\nHost: shop.test:80\r\n\r\n",
        ),
        ("another protocol", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    ] {
        let heard = heard(&world, head.to_string()).await;

        assert!(answers(&heard) <= 1, "{what}: {heard}");
        assert!(["400", "none"].contains(&status(&heard)), "{what}: {heard}");
    }
    assert_eq!(world.calls.count(), 0);
}

async fn a_head_that_is_too_large_is_refused(way: Way) {
    let world = World::open(way).await;
    let head = |rest: &str| format!("GET /v1/plants HTTP/1.1\r\nHost: shop.test\r\n{rest}\r\n");

    for (what, head) in [
        (
            "a long line",
            head(&format!("X-Long: {}\r\n", "x".repeat(1 << 20))),
        ),
        ("many lines", head(&"X-Many: x\r\n".repeat(1000))),
        (
            "a long path",
            head("").replace("plants", &"x".repeat(100_000)),
        ),
    ] {
        let heard = heard(&world, head).await;

        assert!(["431", "414"].contains(&status(&heard)), "{what}: {heard}");
    }
    assert_eq!(world.calls.count(), 0);
}

async fn a_slow_head_is_cut_off(way: Way) {
    let world = World::open(way).await;

    for begin in [
        "",
        "GET",
        "GET /v1/plants HTTP/1.1\r\nHost: shop.test\r\nX-Slow:",
    ] {
        let heard = heard(&world, begin).await;

        assert!(
            ["408", "none"].contains(&status(&heard)),
            "{begin:?}: {heard}"
        );
    }
    assert_eq!(world.calls.count(), 0);
}

async fn a_streamed_body_is_limited_on_the_wire(way: Way) {
    let world = World::open(way).await;
    let chunk = format!("4000\r\n{}\r\n", "x".repeat(0x4000));
    let head = "POST /v1/letters HTTP/1.1\r\nHost: shop.test\r\nTransfer-Encoding: chunked\r\n\r\n";

    let heard = heard(&world, format!("{head}{}0\r\n\r\n", chunk.repeat(5))).await;

    assert_eq!(status(&heard), "413", "{heard}");
    assert_eq!(answers(&heard), 1);
    assert_eq!(world.calls.count(), 0);
}

async fn a_body_over_the_limit_is_refused_before_it_is_sent(way: Way) {
    let world = World::open(way).await;

    let heard = heard(
        &world,
        "POST /v1/notes HTTP/1.1\r\nHost: shop.test\r\nContent-Length: 17\r\nExpect: 100-continue\r\n\r\n",
    )
    .await;

    assert_eq!(status(&heard), "413", "{heard}");
    assert_eq!(answers(&heard), 1);
}

async fn an_old_client_is_answered(way: Way) {
    let world = World::open(way).await;

    let heard = heard(&world, "GET /v1/plants HTTP/1.0\r\n\r\n").await;

    assert_eq!(status(&heard), "200", "{heard}");
    assert!(
        !heard.to_lowercase().contains("transfer-encoding"),
        "{heard}"
    );
}
