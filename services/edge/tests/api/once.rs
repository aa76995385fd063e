//! A signature changes something once, at every replica.

use axum::http::Method;
use kit::redis::RedisUrl;
use testkit::redis::Server;

use crate::{
    signing::{Credentials, Place},
    world::{Way, World, request},
};

both_ways![
    what_changes_something_is_accepted_once,
    what_is_refused_before_uses_nothing_up,
];

async fn what_changes_something_is_accepted_once(way: Way) {
    let world = World::open(way).await;
    let user = Credentials::of_customer(&world).await;

    for place in [Place::Header, Place::HeaderWithHash, Place::Query] {
        let signed = || {
            user.sign(
                request(Method::POST, "/v1/letters").header("x-letter", "1"),
                b"a",
                place,
            )
        };
        // Both are of one second.
        let (first, second) = loop {
            let (first, second) = (signed(), signed());
            let same = |name: &str| {
                let value = |it: &axum::http::request::Builder| {
                    it.headers_ref().unwrap().get(name).cloned()
                };
                value(&first) == value(&second)
            };
            if same("authorization") && first.uri_ref() == second.uri_ref() {
                break (first, second);
            }
        };
        world.edge.send_with(first, "a").await.ok(200);

        let answer = world.edge.send_with(second, "a").await;

        answer.refused(403, "invalid-signature");
        assert_eq!(world.calls.take().len(), 1, "{place:?}");
    }
    // What changes nothing may be asked again.
    for _ in 0..2 {
        let signed = user.sign(request(Method::GET, "/v1/me"), b"", Place::Query);
        world.edge.send(signed).await.ok(200);
    }
}

async fn what_is_refused_before_uses_nothing_up(way: Way) {
    let world = World::open(way).await;
    let user = Credentials::of_customer(&world).await;

    for _ in 0..2 {
        let signed = user.sign(
            request(Method::DELETE, "/v1/plants/fern"),
            b"",
            Place::Query,
        );

        world.edge.send(signed).await.refused(403, "staff-only");
    }
}

#[tokio::test]
async fn replicas_know_each_others_used_signatures_and_their_own_without_redis() {
    let replica = async |redis: RedisUrl| {
        World::with(Way::InProcess, |config| config.redis = Some(redis)).await
    };
    let mut server = Server::start();
    let (one, two) = (replica(server.url()).await, replica(server.url()).await);
    let user = Credentials::of_customer(&one).await;
    let head = |letter: &str| {
        let letter = request(Method::POST, "/v1/letters").header("x-letter", letter);
        let (head, ()) = user
            .sign(letter, b"", Place::Header)
            .body(())
            .unwrap()
            .into_parts();
        head
    };
    let send = async |world: &World, head: &axum::http::request::Parts| {
        let mut again = axum::http::Request::builder()
            .method(&head.method)
            .uri(&head.uri);
        *again.headers_mut().unwrap() = head.headers.clone();
        world.edge.send(again).await
    };

    let letter = head("1");
    send(&one, &letter).await.ok(200);
    send(&two, &letter).await.refused(403, "invalid-signature");

    server.stop();
    let letter = head("2");
    send(&one, &letter).await.ok(200);
    send(&one, &letter).await.refused(403, "invalid-signature");
    send(&two, &letter).await.ok(200);
}
