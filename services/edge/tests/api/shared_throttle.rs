//! Replicas that count their clients together in Redis, and alone when it is gone.

use std::time::Duration;

use kit::redis::RedisUrl;
use testkit::redis::Server;

use crate::world::{Way, World};

async fn replica(redis: RedisUrl) -> World {
    World::with(Way::InProcess, |config| {
        config.client_rate_per_s = 1;
        config.client_burst = 5;
        config.redis = Some(redis);
    })
    .await
}

/// How many requests pass before one is refused; all of them are answered.
async fn passed(replicas: &[&World]) -> usize {
    for (n, world) in replicas.iter().cycle().take(40).enumerate() {
        let answer = world.edge.get("/v1/plants").await;
        if answer.status == 429 {
            answer.refused(429, "too-many-requests");
            return n;
        }
        answer.ok(200);
    }
    panic!("nobody is told to slow down");
}

#[tokio::test]
async fn replicas_count_together_and_alone_while_redis_is_gone() {
    let mut server = Server::start();
    let (one, two) = (replica(server.url()).await, replica(server.url()).await);

    // At one a second, what comes back meanwhile is little.
    let together = passed(&[&one, &two]).await;
    assert!((5..=8).contains(&together), "{together}");

    server.stop();
    let alone = passed(&[&one, &two]).await;
    assert!((10..=16).contains(&alone), "{alone}");

    // Redis comes back and has forgotten; so the buckets are full, and counted together again. One call
    // after a pause finds a connection; the next one is counted there.
    server.restart();
    for _ in 0..2 {
        tokio::time::sleep(Duration::from_millis(1100)).await;
        for replica in [&one, &two] {
            replica.edge.get("/v1/plants").await.ok(200);
        }
    }
    tokio::time::sleep(Duration::from_secs(2)).await;
    let together = passed(&[&one, &two]).await;
    assert!((5..=8).contains(&together), "{together}");
}

#[tokio::test]
async fn a_strict_operation_has_a_bucket_of_its_own_in_redis() {
    use axum::http::Method;

    use crate::world::{from, request};
    let server = Server::start();
    let (one, two) = (replica(server.url()).await, replica(server.url()).await);
    let sign_in = || from(request(Method::POST, "/v1/sessions"), "203.0.113.1");

    one.edge.send(sign_in()).await.ok(200);
    two.edge.send(sign_in()).await.ok(200);
    let third = one.edge.send(sign_in()).await;

    third.refused(429, "too-many-requests");
    let wait: u64 = third.header("retry-after").parse().unwrap();
    assert!((900..=1001).contains(&wait), "{wait} s at 0.001 a second");
}
