use jsonwebtoken::{Algorithm, DecodingKey, Validation, jwk::JwkSet};
use serde_json::{Value, json};

use crate::app::{PASSWORD, TestApp};

async fn tokens(app: &TestApp, email: &str) -> Value {
    let credentials = json!({ "email": email, "password": PASSWORD });
    let answer = app.anonymous().post("/v1/sessions", &credentials).await;
    answer.ok(201)
}

fn validation() -> Validation {
    let mut validation = Validation::new(Algorithm::EdDSA);
    validation.set_issuer(&["http://localhost:8080"]);
    validation.set_audience(&["terrace-web"]);
    validation.set_required_spec_claims(&["iss", "aud", "sub", "exp"]);
    validation
}

#[tokio::test]
async fn an_access_token_verifies_with_the_published_key() {
    let app = TestApp::new().await;
    let (id, _) = app.customer("rose@garden.example").await;
    let tokens = tokens(&app, "rose@garden.example").await;
    let token = tokens["access_token"].as_str().unwrap();

    let keys: JwkSet = app
        .anonymous()
        .get("/.well-known/jwks.json")
        .await
        .read(200);

    let header = jsonwebtoken::decode_header(token).unwrap();
    let key = keys.find(&header.kid.unwrap()).unwrap();
    let key = DecodingKey::from_jwk(key).unwrap();
    let claims = jsonwebtoken::decode::<Value>(token, &key, &validation());
    let claims = claims.unwrap().claims;
    assert_eq!(claims["sub"], json!(id));
    assert_eq!(claims["client_id"], "terrace-web");
    assert_eq!(claims["groups"], json!(["customer"]));
    let life = claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap();
    assert_eq!(life, 900);
    assert!(
        !claims.to_string().contains("rose"),
        "no personal data: {claims}"
    );
}

#[tokio::test]
async fn every_access_token_has_an_id_of_its_own() {
    let app = TestApp::new().await;
    app.customer("rose@garden.example").await;

    let first = tokens(&app, "rose@garden.example").await;
    let second = tokens(&app, "rose@garden.example").await;

    assert_ne!(first["access_token"], second["access_token"]);
}

#[tokio::test]
async fn a_token_of_another_issuer_does_not_verify() {
    let (ours, theirs) = (TestApp::new().await, TestApp::new().await);
    theirs.customer("rose@garden.example").await;
    let tokens = tokens(&theirs, "rose@garden.example").await;
    let token = tokens["access_token"].as_str().unwrap();

    let keys: JwkSet = ours
        .anonymous()
        .get("/.well-known/jwks.json")
        .await
        .read(200);

    let header = jsonwebtoken::decode_header(token).unwrap();
    assert!(keys.find(&header.kid.unwrap()).is_none());
    let key = DecodingKey::from_jwk(&keys.keys[0]).unwrap();
    assert!(jsonwebtoken::decode::<Value>(token, &key, &validation()).is_err());
}

#[tokio::test]
async fn the_key_is_public_alone_and_may_be_cached() {
    let answer = TestApp::new()
        .await
        .anonymous()
        .get("/.well-known/jwks.json")
        .await;

    assert_eq!(answer.header("cache-control"), "public, max-age=300");
    let keys = answer.ok(200);
    let key = keys["keys"][0].as_object().unwrap();
    let members: Vec<_> = key.keys().map(String::as_str).collect();
    assert_eq!(members, ["alg", "crv", "kid", "kty", "use", "x"]);
    assert_eq!(
        (&key["kty"], &key["crv"]),
        (&json!("OKP"), &json!("Ed25519"))
    );
}
