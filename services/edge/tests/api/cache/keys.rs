//! What an answer depends on, and who gets it: nobody gets what is another's, and nothing that a client
//! says reaches an answer that others get, unless it is part of the key.

use axum::body::Body;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use http::Method;
use serde_json::{Value, json};
use testkit::service::Answer;
use uuid::Uuid;

use super::shelf::{Shelf, found, kept, operation};
use crate::{
    tokens::{Issuer, claims},
    world::{Edge, Keys, Way, bearer, request},
};

both_ways! {
    two_users_never_share,
    a_user_with_other_groups_is_another,
    a_public_answer_is_fetched_for_nobody_and_is_everybodys,
    what_the_document_declares_is_part_of_the_key,
    what_the_document_does_not_declare_passes_and_is_not_kept,
    what_is_not_in_the_key_does_not_reach_the_service,
    a_request_with_a_body_passes,
    another_path_is_another_answer_and_none_is_made_up,
    two_versions_never_share,
}

async fn issued(shelf: &Shelf, way: Way, paths: Value) -> (Edge, Issuer) {
    let (keys, issuer) = (Keys::default(), Issuer::new("first"));
    keys.publish(&[&issuer]);
    (shelf.edge_with(way, &keys, paths).await, issuer)
}

async fn get_as(edge: &Edge, token: &str) -> Answer {
    let get = request(Method::GET, "/v1/plants");
    edge.send(bearer(get, token)).await
}

async fn two_users_never_share(way: Way) {
    let shelf = Shelf::default();
    let (edge, issuer) = issued(&shelf, way, kept(json!({}))).await;
    let [ada, bob] = [(); 2].map(|()| issuer.customer(Uuid::now_v7()));

    let adas = get_as(&edge, &ada).await.ok(200);
    let bobs = get_as(&edge, &bob).await.ok(200);
    let nobodys = edge.get("/v1/plants").await.ok(200);

    assert_eq!(
        [&adas, &bobs, &nobodys].map(|it| it["call"].clone()),
        [1, 2, 3]
    );
    assert_eq!(get_as(&edge, &ada).await.ok(200), adas);
    assert_eq!(get_as(&edge, &bob).await.ok(200), bobs);
    assert_eq!(edge.get("/v1/plants").await.ok(200), nobodys);
    assert_eq!(shelf.calls(), 3);
    assert_eq!(subject(&shelf, 0), subject_of(&ada));
    assert_eq!(subject(&shelf, 2), Value::Null);
}

async fn two_versions_never_share(way: Way) {
    let shelf = Shelf::default();
    let public = operation(json!({ "scope": "public" }));
    let paths = json!({ "/v1/plants": { "get": public }, "/v2/plants": { "get": public } });
    let edge = shelf.edge(way, paths).await;

    let first = edge.get("/v1/plants").await.ok(200);
    let second = edge.get("/v2/plants").await.ok(200);

    assert_ne!(first, second);
    assert_eq!(edge.get("/v1/plants").await.ok(200), first);
    assert_eq!(edge.get("/v2/plants").await.ok(200), second);
    assert_eq!(shelf.calls(), 2);
}

async fn a_user_with_other_groups_is_another(way: Way) {
    let shelf = Shelf::default();
    let (edge, issuer) = issued(&shelf, way, kept(json!({}))).await;
    let ada = Uuid::now_v7();

    get_as(&edge, &issuer.staff(ada)).await.ok(200);
    get_as(&edge, &issuer.customer(ada)).await.ok(200);
    // The same letters, cut otherwise.
    get_as(&edge, &issuer.sign(&claims(ada, &["customerstaff"])))
        .await
        .ok(200);

    assert_eq!(shelf.calls(), 3);
}

async fn a_public_answer_is_fetched_for_nobody_and_is_everybodys(way: Way) {
    let shelf = Shelf::default();
    let (edge, issuer) = issued(&shelf, way, kept(json!({ "scope": "public" }))).await;
    let ada = issuer.customer(Uuid::now_v7());

    let adas = get_as(&edge, &ada).await.ok(200);
    let everybodys = edge.get("/v1/plants").await.ok(200);

    assert_eq!(adas, everybodys);
    assert_eq!(shelf.calls(), 1);
    assert_eq!(subject(&shelf, 0), Value::Null);
}

async fn what_the_document_declares_is_part_of_the_key(way: Way) {
    let shelf = Shelf::default();
    let mut operation = operation(json!({ "scope": "public" }));
    operation["parameters"] = json!([
        { "name": "sort", "in": "query" },
        { "name": "page", "in": "query" },
        { "name": "Accept-Language", "in": "header" },
    ]);
    let edge = shelf
        .edge(way, json!({ "/v1/plants": { "get": operation } }))
        .await;
    shelf.answer(http::StatusCode::OK, &[("vary", "accept-language")]);
    let in_language = |language: &str| {
        request(Method::GET, "/v1/plants?sort=name").header("accept-language", language)
    };

    for (calls, path) in [
        (1, "/v1/plants"),
        (2, "/v1/plants?sort=name"),
        (3, "/v1/plants?sort=name&page=2"),
        // The same question in another order.
        (3, "/v1/plants?page=2&sort=name"),
        (4, "/v1/plants?page=2"),
        // What could be taken for two parameters, or for none.
        (5, "/v1/plants?sort=name%26page%3D2"),
        (6, "/v1/plants?sort"),
        (7, "/v1/plants?sort="),
    ] {
        edge.get(path).await.ok(200);
        edge.get(path).await.ok(200);
        assert_eq!(shelf.calls(), calls, "{path}");
    }
    for (calls, language) in [(8, "de"), (9, "en"), (9, "de")] {
        edge.send(in_language(language)).await.ok(200);
        assert_eq!(shelf.calls(), calls, "{language}");
    }
    assert_eq!(shelf.heads()[8].headers["accept-language"], "en");
}

async fn what_the_document_does_not_declare_passes_and_is_not_kept(way: Way) {
    let shelf = Shelf::default();
    let mut operation = operation(json!({ "scope": "public" }));
    operation["parameters"] = json!([{ "name": "sort", "in": "query" }]);
    let edge = shelf
        .edge(way, json!({ "/v1/plants": { "get": operation } }))
        .await;
    edge.get("/v1/plants?sort=name").await.ok(200);

    for path in [
        "/v1/plants?sort=name&evil=1",
        "/v1/plants?evil=1",
        "/v1/plants?sort=name&sort=price",
        "/v1/plants?sort=name&",
        "/v1/plants?Sort=name",
        "/v1/plants?%73ort=name",
        "/v1/plants?",
    ] {
        let before = shelf.calls();
        for _ in 0..2 {
            assert_eq!(found(&edge.get(path).await), "passed", "{path}");
        }
        assert_eq!(shelf.calls(), before + 2, "{path}");
    }
    // As the client wrote it.
    let heads = shelf.heads();
    assert_eq!(heads[1].uri.query(), Some("sort=name&evil=1"));
    assert_eq!(edge.get("/v1/plants?sort=name").await.ok(200)["call"], 1);
}

async fn what_is_not_in_the_key_does_not_reach_the_service(way: Way) {
    let shelf = Shelf::default();
    let edge = shelf.edge(way, kept(json!({ "scope": "public" }))).await;
    let mut poisoned = request(Method::GET, "/v1/plants");
    let unkeyed = [
        "accept",
        "accept-language",
        "cookie",
        "forwarded",
        "if-none-match",
        "origin",
        "range",
        "user-agent",
        "x-forwarded-for",
        "x-forwarded-host",
        "x-forwarded-proto",
        "x-host",
        "x-http-method-override",
        "x-original-url",
        "x-rewrite-url",
    ];
    for name in unkeyed {
        poisoned = poisoned.header(name, "evil.example");
    }

    edge.send(poisoned).await.ok(200);

    let heads = shelf.heads();
    let reached = heads[0].headers.keys().map(http::HeaderName::as_str);
    let evil: Vec<_> = reached.filter(|name| unkeyed.contains(name)).collect();
    assert_eq!(evil, Vec::<&str>::new());
    let values = heads[0].headers.values();
    assert!(
        !values.into_iter().any(|it| it == "shop.test"),
        "the client's host"
    );
}

async fn a_request_with_a_body_passes(way: Way) {
    let shelf = Shelf::default();
    let edge = shelf.edge(way, kept(json!({ "scope": "public" }))).await;

    let fat = request(Method::GET, "/v1/plants").header("content-length", "4");
    let fat = edge.send_with(fat, Body::from("evil")).await;

    assert_eq!(found(&fat), "passed");
    assert_eq!(found(&edge.get("/v1/plants").await), "miss");
}

async fn another_path_is_another_answer_and_none_is_made_up(way: Way) {
    let shelf = Shelf::default();
    let (keys, issuer) = (Keys::default(), Issuer::new("first"));
    keys.publish(&[&issuer]);
    let mut me = operation(json!({}));
    me["security"] = json!([{ "bearer": [] }]);
    me["operationId"] = json!("get_me");
    let one = operation(json!({ "scope": "public" }));
    let paths = json!({ "/v1/me": { "get": me }, "/v1/plants/{id}": { "get": one } });
    let edge = shelf.edge_with(way, &keys, paths).await;
    let ada = issuer.customer(Uuid::now_v7());

    for path in ["/v1/me/x.css", "/v1/me/", "/v1/me;.css", "/v1/me%2fx.css"] {
        let tricked = edge.send(bearer(request(Method::GET, path), &ada)).await;
        assert!(tricked.status.is_client_error(), "{path}");
    }
    let adas = edge
        .send(bearer(request(Method::GET, "/v1/me"), &ada))
        .await;
    adas.ok(200);

    // What is kept for her is behind the gates.
    edge.get("/v1/me").await.refused(401, "sign-in-required");
    let monstera = edge.get("/v1/plants/monstera").await.ok(200);
    assert_ne!(edge.get("/v1/plants/ficus").await.ok(200), monstera);
}

/// Whom the service was told that it is called for, the call of this number.
fn subject(shelf: &Shelf, number: usize) -> Value {
    let heads = shelf.heads();
    claim(
        heads[number].headers["terrace-caller"].to_str().unwrap(),
        "sub",
    )
}

fn subject_of(token: &str) -> Value {
    claim(token, "sub")
}

fn claim(token: &str, name: &str) -> Value {
    let claims = token.split('.').nth(1).unwrap();
    let claims = URL_SAFE_NO_PAD.decode(claims).unwrap();
    let claims: Value = serde_json::from_slice(&claims).unwrap();
    claims[name].clone()
}
