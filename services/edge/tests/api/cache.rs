//! Answers that are kept: which, for whom, for how long. [`shelf`] is the service behind; `keys` is about
//! what an answer depends on, `stale` about time, `flights` about many who ask at once, `purge` about what
//! makes the edge forget, `replicas` about Redis.

mod flights;
mod keys;
mod purge;
mod replicas;
mod shelf;
mod stale;

use http::{Method, StatusCode};
use serde_json::json;

use self::shelf::{Shelf, found, kept};
use crate::world::{Way, edge_before, request};

both_ways! {
    an_answer_is_fetched_once_and_then_kept,
    what_forbids_it_is_not_kept,
    a_kept_answer_says_that_it_is_known_to_who_has_it,
    compressed_answers_are_kept_compressed_beside_plain_ones,
    an_answer_that_is_too_large_passes_whole,
    head_is_answered_from_what_get_has_kept,
    without_room_nothing_is_kept,
}

async fn an_answer_is_fetched_once_and_then_kept(way: Way) {
    let shelf = Shelf::default();
    let edge = shelf.edge(way, kept(json!({ "scope": "public" }))).await;

    let first = edge.get("/v1/plants").await;
    let second = edge.get("/v1/plants").await;

    assert_eq!(found(&first), "miss");
    assert_eq!(found(&second), "hit");
    assert_eq!(first.ok(200), second.ok(200));
    assert_eq!(first.header("age"), "");
    assert_eq!(second.header("age"), "0");
    assert_eq!(first.header("etag"), second.header("etag"));
    assert_eq!(shelf.calls(), 1);
    // The service's time is that of the fetch.
    let told = |answer: &testkit::service::Answer| {
        let mut told = answer.headers.get_all("server-timing").iter();
        told.any(|it| it.to_str().unwrap().starts_with("shelf"))
    };
    assert!(told(&first) && !told(&second));
}

async fn what_forbids_it_is_not_kept(way: Way) {
    let cases: [(u16, &[(&str, &str)]); 14] = [
        (200, &[("cache-control", "private")]),
        (200, &[("cache-control", "public, No-Store")]),
        (200, &[("cache-control", "no-cache")]),
        (200, &[("cache-control", "max-age=0")]),
        (200, &[("cache-control", "max-age=60, s-maxage=0")]),
        (200, &[("cache-control", "max-age=a-while")]),
        (200, &[("cache-control", "max-age=60"), ("age", "60")]),
        (200, &[("expires", "0")]),
        (200, &[("set-cookie", "session=1")]),
        (200, &[("vary", "*")]),
        (200, &[("vary", "accept-encoding, cookie")]),
        (203, &[]),
        (301, &[("location", "/v1/trees")]),
        (404, &[]),
    ];
    for (status, headers) in cases {
        let shelf = Shelf::default();
        shelf.answer(StatusCode::from_u16(status).unwrap(), headers);
        let edge = shelf.edge(way, kept(json!({ "scope": "public" }))).await;

        for _ in 0..2 {
            let answer = shelf::any(&edge, "/v1/plants").await;
            assert_eq!(answer.status, status, "{headers:?}");
        }

        assert_eq!(shelf.calls(), 2, "{status} {headers:?}");
    }
}

async fn a_kept_answer_says_that_it_is_known_to_who_has_it(way: Way) {
    let shelf = Shelf::default();
    let edge = shelf.edge(way, kept(json!({ "scope": "public" }))).await;
    let has = |tag: &str| request(Method::GET, "/v1/plants").header("if-none-match", tag);
    let tag = edge.get("/v1/plants").await.header("etag").to_owned();

    let known = edge.send(has(&tag)).await;
    let other = edge.send(has("\"another\"")).await;

    assert_eq!(known.status, 304);
    assert_eq!(known.header("etag"), tag);
    assert_eq!(known.header("content-type"), "");
    assert_eq!(found(&known), "hit");
    assert!(known.body.is_empty());
    other.ok(200);
    assert_eq!(shelf.calls(), 1);

    // Who has it already has it fetched all the same: others may not have it.
    shelf.answer(StatusCode::OK, &[("etag", "\"7\"")]);
    let edge = shelf.edge(way, kept(json!({ "scope": "public" }))).await;
    assert_eq!(edge.send(has("\"7\"")).await.status, 304);
    edge.get("/v1/plants").await.ok(200);
    assert_eq!(shelf.calls(), 2);
}

async fn compressed_answers_are_kept_compressed_beside_plain_ones(way: Way) {
    let shelf = Shelf::default();
    shelf.body("green ".repeat(1000));
    let edge = shelf.edge(way, kept(json!({ "scope": "public" }))).await;
    let gzip = || request(Method::GET, "/v1/plants").header("accept-encoding", "br, gzip");

    let first = edge.send(gzip()).await;
    let second = edge.send(gzip()).await;
    let plain = edge.get("/v1/plants").await;
    let plain_again = edge.get("/v1/plants").await;

    assert_eq!(first.header("content-encoding"), "gzip");
    assert_eq!(second.header("content-encoding"), "gzip");
    assert_eq!(second.header("vary"), first.header("vary"));
    assert_eq!(first.body, second.body);
    assert_eq!(found(&second), "hit");
    assert_eq!(plain.header("content-encoding"), "");
    assert_eq!(plain_again.body, plain.body);
    assert_ne!(plain.header("etag"), second.header("etag"));
    assert_eq!(shelf.calls(), 2);
    let known = gzip().header("if-none-match", second.header("etag"));
    assert_eq!(edge.send(known).await.status, 304);
}

async fn an_answer_that_is_too_large_passes_whole(way: Way) {
    let shelf = Shelf::default();
    let large = "x".repeat(1024 * 1024 + 1);
    shelf.body(large.clone());
    let edge = shelf.edge(way, kept(json!({ "scope": "public" }))).await;
    let gzip = || request(Method::GET, "/v1/plants").header("accept-encoding", "gzip");

    for _ in 0..2 {
        assert_eq!(edge.get("/v1/plants").await.body.len(), large.len());
    }

    assert_eq!(shelf.calls(), 2);
    // Of a few bytes when it is compressed, which nobody knows before.
    edge.send(gzip()).await;
    assert_eq!(found(&edge.send(gzip()).await), "hit");
}

async fn head_is_answered_from_what_get_has_kept(way: Way) {
    let shelf = Shelf::default();
    let edge = shelf.edge(way, kept(json!({ "scope": "public" }))).await;
    let whole = edge.get("/v1/plants").await;

    let head = edge.send(request(Method::HEAD, "/v1/plants")).await;

    assert_eq!(head.status, 200);
    assert_eq!(head.header("content-length"), whole.body.len().to_string());
    assert_eq!(found(&head), "hit");
    assert_eq!(shelf.calls(), 1);
}

async fn without_room_nothing_is_kept(way: Way) {
    let shelf = Shelf::default();
    let config = edge::Config {
        cache_bytes: 0,
        ..edge::Config::default()
    };
    let fakes = vec![shelf.service(kept(json!({ "scope": "public" })))];
    let edge = edge_before(way, config, fakes).await;

    for _ in 0..2 {
        assert_eq!(found(&edge.get("/v1/plants").await), "");
    }

    assert_eq!(shelf.calls(), 2);
}
