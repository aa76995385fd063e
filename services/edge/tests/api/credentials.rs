//! `POST /v1/me/credentials`, and what its credentials may be used for.

use axum::http::{Method, header};
use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    signing::{Credentials, Place},
    tokens::{claims_with, now},
    world::{Way, World, bearer, request},
};

both_ways![
    only_who_is_signed_in_gets_credentials,
    credentials_end_with_the_access_token,
    credentials_with_a_session_policy_allow_what_it_allows_and_nothing_else,
    narrowed_credentials_make_none_with_another_policy,
    a_body_that_breaks_a_rule_is_refused,
    without_a_session_key_there_are_no_credentials,
];

async fn only_who_is_signed_in_gets_credentials(way: Way) {
    let world = World::open(way).await;

    let answer = world
        .edge
        .send(request(Method::POST, "/v1/me/credentials"))
        .await;

    answer.refused(401, "sign-in-required");
}

async fn credentials_end_with_the_access_token(way: Way) {
    let world = World::open(way).await;

    for (life, expected) in [(900, 900), (7200, 3600)] {
        let token = world
            .issuer
            .sign(&claims_with(json!({ "exp": now() + life })));
        let asked = bearer(request(Method::POST, "/v1/me/credentials"), &token);
        let answer = world.edge.send(asked).await;

        assert_eq!(answer.header("cache-control"), "no-store");
        let answer: Value = answer.read(201);
        let ends: Timestamp = answer["expires_at"].as_str().unwrap().parse().unwrap();
        let left = ends.as_second() - now();
        assert!(
            (expected - 5..=expected).contains(&left),
            "{left} of {life}"
        );
    }
}

async fn credentials_with_a_session_policy_allow_what_it_allows_and_nothing_else(way: Way) {
    let world = World::open(way).await;
    let asked = bearer(
        request(Method::POST, "/v1/me/credentials")
            .header(header::CONTENT_TYPE, "application/json"),
        &world.issuer.staff(Uuid::now_v7()),
    );
    let policy = json!({ "Version": "2012-10-17", "Statement": {
        "Effect": "Allow", "Action": "execute-api:Invoke",
        "Resource": "arn:terrace:execute-api:local:shop:v1/*/plants*",
    } });
    let body = json!({ "session_policy": policy.to_string() }).to_string();
    let narrow: Credentials = world.edge.send_with(asked, body).await.read(201);
    let send = async |method, path: &str| {
        let signed = narrow.sign(request(method, path), b"", Place::Header);
        world.edge.send(signed).await
    };

    send(Method::DELETE, "/v1/plants/1").await.ok(200);
    let answer = send(Method::GET, "/v1/me").await;

    answer.refused(403, "session-policy");
    assert_eq!(answer.header("x-amzn-errortype"), "AccessDeniedException");
    // What anybody may do needs no policy.
    let plants = narrow.sign(request(Method::GET, "/v1/plants"), b"", Place::Header);
    world.edge.send(plants).await.ok(200);
}

async fn narrowed_credentials_make_none_with_another_policy(way: Way) {
    let world = World::open(way).await;
    let json = |builder: axum::http::request::Builder| {
        builder.header(header::CONTENT_TYPE, "application/json")
    };
    let policy = json!({ "Version": "2012-10-17", "Statement": {
        "Effect": "Allow", "Action": "execute-api:Invoke", "Resource": "*",
    } });
    let body = json!({ "session_policy": policy.to_string() }).to_string();
    let path = "/v1/me/credentials";
    let asked = json(bearer(
        request(Method::POST, path),
        &world.issuer.customer(Uuid::now_v7()),
    ));
    let narrow: Credentials = world.edge.send_with(asked, body.clone()).await.read(201);

    let other = json(request(Method::POST, path));
    let other = narrow.sign(other, body.as_bytes(), Place::Header);
    let answer = world.edge.send_with(other, body).await;
    answer.refused(403, "session-policy");

    let same = narrow.sign(request(Method::POST, path), b"", Place::Header);
    world.edge.send(same).await.ok(201);
}

async fn a_body_that_breaks_a_rule_is_refused(way: Way) {
    let world = World::open(way).await;

    for body in [
        json!({ "session_policy": "" }),
        json!({ "session_policy": "a".repeat(2049) }),
    ] {
        let asked = world.as_customer(request(Method::POST, "/v1/me/credentials"));
        let asked = asked.header(header::CONTENT_TYPE, "application/json");
        world
            .edge
            .send_with(asked, body.to_string())
            .await
            .refused(422, "invalid-body");
    }
}

async fn without_a_session_key_there_are_no_credentials(way: Way) {
    let with_key = World::open(way).await;
    let user = Credentials::of_customer(&with_key).await;
    let world = World::with(way, |config| config.session_keys.clear()).await;

    let asked = world.as_customer(request(Method::POST, "/v1/me/credentials"));
    world.edge.send(asked).await.refused(404, "not-found");
    let signed = user.sign(request(Method::GET, "/v1/me"), b"", Place::Header);
    let answer = world.edge.send(signed).await;

    answer.refused(403, "unrecognized-client");
}
