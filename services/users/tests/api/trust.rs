//! Every operation answers trusted callers alone.

use http::Method;
use jsonwebtoken::{EncodingKey, Header};
use kit::identity::CALLER_HEADER;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use testkit::service::{invoke_key, request};
use uuid::Uuid;

use crate::app::TestApp;

/// Every operation, the internal ones included, with ids that exist nowhere.
fn operations() -> Vec<(Method, String)> {
    let document = serde_json::to_value(users::openapi()).unwrap();
    let id = Uuid::now_v7();
    let mut found = vec![(Method::GET, format!("/internal/users/{id}/addresses/{id}"))];
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in item.as_object().unwrap().keys() {
            let method = Method::from_bytes(method.to_uppercase().as_bytes());
            if let Ok(
                method
                @ (Method::GET | Method::POST | Method::PUT | Method::PATCH | Method::DELETE),
            ) = method
            {
                found.push((method, path.replace("{id}", &id.to_string())));
            }
        }
    }
    found
}

fn claims(issuer: &str) -> Value {
    let exp = jiff::Timestamp::now().as_second() + 60;
    json!({ "iss": issuer, "aud": "users", "sub": Uuid::now_v7(), "groups": ["customer"], "exp": exp })
}

fn signed(claims: &Value, key: &str) -> String {
    let key = EncodingKey::from_secret(key.as_bytes());
    jsonwebtoken::encode(&Header::default(), claims, &key).unwrap()
}

#[tokio::test]
async fn a_forged_caller_is_refused_by_every_operation() {
    let app = TestApp::new().await;
    let untrusted = app.service.untrusted();
    let key = invoke_key();
    let key = key.expose_secret();
    let with = |name: &str, value: Value| {
        let mut claims = claims("edge");
        claims[name] = value;
        signed(&claims, key)
    };
    let now = jiff::Timestamp::now().as_second();
    let honest = signed(&claims("edge"), key);
    let (head, tail) = honest.split_once('.').unwrap();
    let unsigned = format!("eyJhbGciOiJub25lIn0.{}.", tail.split_once('.').unwrap().0);
    let forged = [
        None,
        Some("nonsense".to_owned()),
        Some(unsigned),
        Some(format!("{head}.e30.{}", tail.split_once('.').unwrap().1)),
        Some(signed(&claims("edge"), "another-key-of-the-right-length-1")),
        Some(with("aud", json!("orders"))),
        Some(with("exp", json!(now - 60))),
        Some(with("exp", json!(now + 3600))),
    ];

    for (method, path) in operations() {
        for token in &forged {
            let mut request = request(method.clone(), &path);
            if let Some(token) = token {
                request = request.header(CALLER_HEADER, token);
            }
            let answer = untrusted.send(request, "").await;
            answer.refused(401, "untrusted-caller");
        }
    }
}

#[tokio::test]
async fn a_neighbour_is_refused_by_every_public_operation() {
    let app = TestApp::new().await;
    let neighbour = app.service.neighbour("orders");

    for (method, path) in operations() {
        if !path.starts_with("/internal/") {
            let answer = neighbour.bare(method, &path).await;
            answer.refused(401, "untrusted-caller");
        }
    }
}

#[tokio::test]
async fn the_same_token_made_honestly_is_trusted() {
    let app = TestApp::new().await;
    let token = signed(&claims("edge"), invoke_key().expose_secret());

    let request = request(Method::GET, "/v1/me").header(CALLER_HEADER, token);
    let answer = app.service.untrusted().send(request, "").await;

    answer.refused(404, "not-found");
}
