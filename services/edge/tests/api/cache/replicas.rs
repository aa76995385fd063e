//! Replicas that hear over Redis what has changed.

use std::time::{Duration, Instant};

use kit::redis::{Redis, RedisUrl};
use redis::cmd;
use serde_json::json;
use testkit::redis::Server;
use tokio_util::sync::CancellationToken;

use super::shelf::{Shelf, found, kept};
use crate::world::{Edge, Way, edge_before};

async fn replica(shelf: &Shelf, redis: RedisUrl) -> Edge {
    let config = edge::Config {
        redis: Some(redis),
        throttle: edge::Switch::Off,
        ..edge::Config::default()
    };
    let rules = json!({ "scope": "public", "tags": ["plants"], "ttl_s": 3600 });
    let edge = edge_before(Way::InProcess, config, vec![shelf.service(kept(rules))]).await;
    edge.gateway.spawn_background(CancellationToken::new());
    edge
}

/// Asks until an answer is found in this way.
async fn until(edge: &Edge, wanted: &str) {
    let asked = Instant::now();
    loop {
        let answer = edge.get("/v1/plants").await;
        answer.ok(200);
        if found(&answer) == wanted {
            return;
        }
        assert!(asked.elapsed() < Duration::from_secs(20), "never {wanted}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn replicas_forget_what_has_changed_and_keep_nothing_while_they_cannot_hear() {
    let mut server = Server::start();
    let shelf = Shelf::default();
    let edges = [
        replica(&shelf, server.url()).await,
        replica(&shelf, server.url()).await,
    ];
    for edge in &edges {
        until(edge, "hit").await;
    }
    let before = shelf.calls();

    let publish = cmd("publish").arg("purge").arg("plants").to_owned();
    let heard: usize = Redis::new(&server.url()).call(&publish).await.unwrap();

    assert_eq!(heard, 2);
    for edge in &edges {
        until(edge, "miss").await;
        until(edge, "hit").await;
    }
    assert_eq!(shelf.calls(), before + 2);
    server.stop();
    for edge in &edges {
        until(edge, "passed").await;
    }
    server.restart();
    for edge in &edges {
        // What was kept before may have changed meanwhile.
        until(edge, "miss").await;
        until(edge, "hit").await;
    }
}
