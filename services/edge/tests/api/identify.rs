//! Access tokens: what passes, what is refused, and what the service is told.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    Json, Router,
    body::{Body, Bytes},
    http::{Method, header},
    middleware,
    routing::get,
};
use edge::Config;
use futures::{future::join_all, stream};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use kit::identity::{CALLER_HEADER, Caller, Trust, require_trust};
use serde_json::json;
use testkit::service::Answer;
use tower::ServiceExt;
use uuid::Uuid;

use crate::{
    tokens::{Issuer, by_hand, claims, claims_with, now},
    world::{Fake, Way, World, bearer, edge_before, invoke_key, request},
};

both_ways![
    the_service_is_told_who_calls_and_by_which_route,
    an_anonymous_caller_has_no_subject,
    a_caller_token_is_good_for_its_service_alone,
    a_malformed_header_is_refused,
    a_token_with_wrong_claims_is_refused,
    a_token_that_needs_an_extension_is_refused,
    a_key_that_is_not_for_signatures_verifies_nothing,
    a_forged_token_is_refused,
    a_bad_token_is_refused_on_every_path_alike,
    a_clock_that_differs_by_seconds_is_forgiven,
    an_unknown_key_is_asked_for_once,
    a_new_key_is_found,
    a_key_that_was_withdrawn_is_not_trusted_for_long,
    keys_that_cannot_be_renewed_stay_good,
    a_client_that_hangs_up_does_not_spare_itself_the_pause,
    an_issuer_whose_keys_never_end_is_waited_for_two_seconds_by_all_at_once,
    without_the_keys_the_answer_is_unavailable,
    an_issuer_that_fails_is_left_alone_for_a_while,
];

async fn the_service_is_told_who_calls_and_by_which_route(way: Way) {
    let world = World::open(way).await;
    let id = Uuid::now_v7();

    let request = request(Method::DELETE, "/v1/plants/fern");
    let answer = world
        .edge
        .send(bearer(request, &world.issuer.staff(id)))
        .await;

    answer.ok(200);
    let told = trusted_by("garden", &world.calls.only().headers[CALLER_HEADER]).await;
    let told: Caller = told.unwrap();
    assert_eq!(&*told.issuer, "edge");
    assert_eq!(told.subject, Some(id));
    assert!(told.is_in("customer") && told.is_in("staff"));
    let arn = "arn:terrace:execute-api:local:shop:v1/DELETE/plants/{id}";
    assert_eq!(&*told.route, arn);
}

async fn an_anonymous_caller_has_no_subject(way: Way) {
    let world = World::open(way).await;

    world.edge.get("/v1/plants").await.ok(200);

    let told = trusted_by("garden", &world.calls.only().headers[CALLER_HEADER]).await;
    let told = told.unwrap();
    assert_eq!((told.subject, told.groups.len()), (None, 0));
}

async fn a_caller_token_is_good_for_its_service_alone(way: Way) {
    let world = World::open(way).await;

    world.edge.get("/v1/plants").await.ok(200);

    let seen = world.calls.only().headers;
    assert!(trusted_by("users", &seen[CALLER_HEADER]).await.is_none());
    assert!(!seen.contains_key(header::AUTHORIZATION));
}

/// Who calls, as the service of this name and key understands the token.
pub(crate) async fn trusted_by(name: &str, token: &axum::http::HeaderValue) -> Option<Caller> {
    let trust = Trust::new(name, [&invoke_key(name)]).unwrap();
    let service = Router::new()
        .fallback(|caller: Caller| async { Json(caller) })
        .layer(middleware::from_fn_with_state(trust, require_trust));
    let request = axum::http::Request::get("/").header(CALLER_HEADER, token);
    let answer = service.oneshot(request.body(axum::body::Body::empty()).unwrap());
    let body = axum::body::to_bytes(answer.await.unwrap().into_body(), 4096).await;
    serde_json::from_slice(&body.unwrap()).ok()
}

async fn a_malformed_header_is_refused(way: Way) {
    let world = World::open(way).await;
    let good = world.issuer.customer(Uuid::now_v7());

    for header in [
        String::new(),
        "Bearer".to_owned(),
        "Bearer ".to_owned(),
        format!("Basic {good}"),
        good.clone(),
        format!("Bearer {good} {good}"),
        format!("Bearer {good}, Bearer {good}"),
        "Bearer a.b.c".to_owned(),
        "Bearer ..".to_owned(),
        "Bearer \u{fc}".to_owned(),
    ] {
        let request = request(Method::GET, "/v1/plants").header(header::AUTHORIZATION, &header);
        let answer = world.edge.send(request).await;

        refused(&answer, &header);
    }
    let twice = bearer(bearer(request(Method::GET, "/v1/me"), &good), &good);
    refused(&world.edge.send(twice).await, "two headers");
    assert_eq!(world.calls.count(), 0);
}

async fn a_token_with_wrong_claims_is_refused(way: Way) {
    let world = World::open(way).await;

    for changes in [
        json!({ "exp": now() - 60 }),
        json!({ "exp": null }),
        json!({ "exp": "tomorrow" }),
        json!({ "nbf": now() + 60 }),
        json!({ "iss": "http://localhost:8080/" }),
        json!({ "iss": null }),
        json!({ "iss": ["http://localhost:8080"] }),
        json!({ "iss": ["http://localhost:8080", "http://elsewhere.example"] }),
        json!({ "exp": now() + 24 * 3600 + 60 }),
        json!({ "exp": i64::MAX }),
        json!({ "aud": "terrace-app" }),
        json!({ "aud": ["terrace-app", "terrace-web2"] }),
        json!({ "aud": [] }),
        json!({ "aud": null, "client_id": "terrace-app" }),
        json!({ "aud": null, "client_id": null }),
        json!({ "sub": null }),
        json!({ "sub": "somebody" }),
        json!({ "groups": "staff" }),
    ] {
        let token = world.issuer.sign(&claims_with(changes.clone()));
        let answer = get_me(&world, &token).await;

        refused(&answer, &changes.to_string());
    }
    assert_eq!(world.calls.count(), 0);

    for changes in [
        json!({ "aud": ["terrace-app", "terrace-web"] }),
        json!({ "aud": null }),
        json!({ "nbf": now() - 60 }),
    ] {
        let token = world.issuer.sign(&claims_with(changes));
        get_me(&world, &token).await.ok(200);
    }
}

async fn a_token_that_needs_an_extension_is_refused(way: Way) {
    let world = World::open(way).await;
    let claims = claims(Uuid::now_v7(), &["customer"]);

    for crit in [json!(["exp"]), json!(["b64"]), json!([])] {
        let token = world.issuer.sign_with(&claims, &crit);
        refused(&get_me(&world, &token).await, &crit.to_string());
    }
}

async fn a_key_that_is_not_for_signatures_verifies_nothing(way: Way) {
    for meant_for in [
        json!({ "use": "enc" }),
        json!({ "use": "something else" }),
        json!({ "use": null, "key_ops": ["encrypt"] }),
    ] {
        let world = World::open(way).await;
        let mut jwk = world.issuer.jwk();
        for (name, value) in meant_for.as_object().unwrap() {
            jwk[name] = value.clone();
        }
        world.keys.publish_as(json!({ "keys": [jwk] }));

        let answer = get_me(&world, &world.issuer.customer(Uuid::now_v7())).await;

        refused(&answer, &meant_for.to_string());
    }
}

async fn a_forged_token_is_refused(way: Way) {
    let world = World::open(way).await;
    let good = claims(Uuid::now_v7(), &["staff"]);
    let jwk = world.issuer.jwk();
    let kid = jwk["kid"].as_str();
    let header = |alg: &str| json!({ "alg": alg, "typ": "JWT", "kid": kid });

    let by_another_key_of_the_same_id = Issuer::new("first").sign(&good);
    let unsigned = by_hand(&header("none"), &good, b"");
    let signed_by_nobody = by_hand(&header("EdDSA"), &good, &[0; 64]);
    let other_claims = {
        let mine = world.issuer.customer(Uuid::now_v7());
        let signature = mine.rsplit('.').next().unwrap();
        let forged = by_hand(&header("EdDSA"), &good, b"");
        format!("{forged}{signature}")
    };
    let mut hs256 = Header::new(Algorithm::HS256);
    hs256.kid = kid.map(str::to_owned);
    let with_the_public_key =
        |key: &[u8]| jsonwebtoken::encode(&hs256, &good, &EncodingKey::from_secret(key)).unwrap();
    let without_a_key_id = by_hand(&json!({ "alg": "EdDSA" }), &good, &[0; 64]);
    let brings_its_own_key = {
        let thief = Issuer::new("first");
        let header = json!({ "alg": "EdDSA", "kid": "first", "jwk": thief.jwk() });
        let signed = thief.sign(&good);
        let signature = signed.rsplit('.').next().unwrap();
        format!("{}{signature}", by_hand(&header, &good, b""))
    };

    for (what, token) in [
        ("another key of the same id", by_another_key_of_the_same_id),
        ("alg none", unsigned),
        ("a signature of zeros", signed_by_nobody),
        ("another token's signature", other_claims),
        (
            "HS256 with the raw public key",
            with_the_public_key(world.issuer.public()),
        ),
        (
            "HS256 with the published x",
            with_the_public_key(jwk["x"].as_str().unwrap().as_bytes()),
        ),
        ("no key id", without_a_key_id),
        ("its own key", brings_its_own_key),
    ] {
        refused(&get_me(&world, &token).await, what);
    }
    assert_eq!(world.calls.count(), 0);
}

async fn a_bad_token_is_refused_on_every_path_alike(way: Way) {
    let world = World::open(way).await;

    for path in ["/v1/plants", "/v1/me", "/nowhere", "/internal/orders"] {
        let answer = world
            .edge
            .send(bearer(request(Method::GET, path), "a.b.c"))
            .await;

        refused(&answer, path);
    }
}

async fn a_clock_that_differs_by_seconds_is_forgiven(way: Way) {
    let world = World::open(way).await;

    for changes in [json!({ "exp": now() - 20 }), json!({ "nbf": now() + 20 })] {
        let token = world.issuer.sign(&claims_with(changes));

        get_me(&world, &token).await.ok(200);
    }
}

async fn an_unknown_key_is_asked_for_once(way: Way) {
    let world = World::open(way).await;
    get_me(&world, &world.issuer.customer(Uuid::now_v7()))
        .await
        .ok(200);
    assert_eq!(world.keys.fetches(), 1);

    for n in 0..20 {
        let stranger = Issuer::new(&format!("stranger-{n}"));
        let answer = get_me(&world, &stranger.customer(Uuid::now_v7())).await;

        refused(&answer, "a stranger's key");
    }

    assert_eq!(world.keys.fetches(), 1, "within the pause");
    let rotated = Issuer::new("rotated");
    world.keys.publish(&[&rotated]);
    skip(Duration::from_secs(5)).await;
    get_me(&world, &rotated.customer(Uuid::now_v7()))
        .await
        .ok(200);
    assert_eq!(world.keys.fetches(), 2, "after the pause");
}

async fn a_new_key_is_found(way: Way) {
    let world = World::open(way).await;
    let second = Issuer::new("second");
    world.keys.publish(&[&world.issuer, &second]);

    get_me(&world, &second.customer(Uuid::now_v7()))
        .await
        .ok(200);
    get_me(&world, &world.issuer.customer(Uuid::now_v7()))
        .await
        .ok(200);

    assert_eq!(world.keys.fetches(), 1);
}

async fn without_the_keys_the_answer_is_unavailable(way: Way) {
    let world = World::open(way).await;
    world.keys.fail();

    let answer = get_me(&world, &world.issuer.customer(Uuid::now_v7())).await;

    answer.refused(503, "unavailable");
    assert!(!answer.header("retry-after").is_empty());
    world.edge.get("/v1/plants").await.ok(200);
    // What anybody may do, they may too: as nobody.
    let plants = world.as_customer(request(Method::GET, "/v1/plants"));
    world.calls.take();
    world.edge.send(plants).await.ok(200);
    let told = trusted_by("garden", &world.calls.only().headers[CALLER_HEADER]).await;
    assert_eq!(told.unwrap().subject, None);
}

async fn a_key_that_was_withdrawn_is_not_trusted_for_long(way: Way) {
    let world = World::open(way).await;
    let token = world.issuer.customer(Uuid::now_v7());
    get_me(&world, &token).await.ok(200);
    let second = Issuer::new("second");
    world.keys.publish(&[&second]);
    get_me(&world, &token).await.ok(200);

    skip(Duration::from_secs(5 * 60)).await;

    refused(&get_me(&world, &token).await, "a withdrawn key");
    let token = second.customer(Uuid::now_v7());
    get_me(&world, &token).await.ok(200);
    assert_eq!(world.keys.fetches(), 2);
}

async fn keys_that_cannot_be_renewed_stay_good(way: Way) {
    let world = World::open(way).await;
    let token = world.issuer.customer(Uuid::now_v7());
    get_me(&world, &token).await.ok(200);
    world.keys.fail();

    skip(Duration::from_secs(5 * 60)).await;

    for _ in 0..5 {
        get_me(&world, &token).await.ok(200);
    }
    assert_eq!(world.keys.fetches(), 2, "asked once, then left alone");
}

async fn a_client_that_hangs_up_does_not_spare_itself_the_pause(way: Way) {
    let (users, asked) = silent_users();
    let edge = edge_before(way, Config::default(), vec![users]).await;
    let token = Issuer::new("first").customer(Uuid::now_v7());
    let get = || edge.send(bearer(request(Method::GET, "/v1/me"), &token));

    let hangs_up = tokio::time::timeout(Duration::from_millis(200), get()).await;

    assert!(hangs_up.is_err());
    get().await.refused(503, "unavailable");
    assert_eq!(asked.load(Ordering::SeqCst), 1);
}

async fn an_issuer_whose_keys_never_end_is_waited_for_two_seconds_by_all_at_once(way: Way) {
    let (users, asked) = silent_users();
    let edge = edge_before(way, Config::default(), vec![users]).await;
    let token = Issuer::new("first").customer(Uuid::now_v7());

    let get = |_| edge.send(bearer(request(Method::GET, "/v1/me"), &token));
    let answers = join_all((0..8).map(get));
    let answers = tokio::time::timeout(Duration::from_secs(10), answers).await;

    for answer in answers.unwrap() {
        answer.refused(503, "unavailable");
    }
    assert_eq!(asked.load(Ordering::SeqCst), 1);
}

/// A service that answers with the head of its keys alone, and how often it was asked.
fn silent_users() -> (Fake, Arc<AtomicUsize>) {
    let asked = Arc::<AtomicUsize>::default();
    let counted = asked.clone();
    let keys = get(move || async move {
        counted.fetch_add(1, Ordering::SeqCst);
        Body::from_stream(stream::pending::<std::io::Result<Bytes>>())
    });
    let user = json!([{ "bearer": [] }]);
    let paths = json!({ "/v1/me": { "get": { "operationId": "read_profile", "security": user } } });
    let router = Router::new().route("/.well-known/jwks.json", keys);
    (("users", paths, router), asked)
}

async fn an_issuer_that_fails_is_left_alone_for_a_while(way: Way) {
    let world = World::open(way).await;
    let token = world.issuer.customer(Uuid::now_v7());
    world.keys.fail();

    for _ in 0..5 {
        get_me(&world, &token).await.refused(503, "unavailable");
    }

    assert_eq!(world.keys.fetches(), 1);
    world.keys.publish(&[&world.issuer]);
    skip(Duration::from_secs(1)).await;
    get_me(&world, &token).await.ok(200);
}

/// Lets this much time pass at once.
async fn skip(time: Duration) {
    tokio::time::pause();
    tokio::time::advance(time).await;
    tokio::time::resume();
}

async fn get_me(world: &World, token: &str) -> Answer {
    world
        .edge
        .send(bearer(request(Method::GET, "/v1/me"), token))
        .await
}

#[track_caller]
fn refused(answer: &Answer, what: &str) {
    assert_eq!(answer.status, 401, "{what}: {}", answer.text());
    answer.refused(401, "invalid-token");
    assert_eq!(
        answer.header("www-authenticate"),
        "Bearer error=\"invalid_token\"",
        "{what}"
    );
}
