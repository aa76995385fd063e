//! Tokens that open what they should not.

use aws_lc_rs::signature::Ed25519KeyPair;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use kit::identity::{Caller, Minter};
use serde_json::{Value, json};

/// A caller token as a neighbour makes it, sent by somebody outside.
pub(crate) fn service_token() -> String {
    let minter = Minter::new("catalog", &testkit::service::invoke_key()).unwrap();
    let caller = Caller {
        issuer: "edge".into(),
        subject: Some(uuid::Uuid::now_v7()),
        groups: ["staff".into()].into(),
        route: "test".into(),
        ..Caller::default()
    };
    minter.mint(caller).to_str().unwrap().to_owned()
}

/// The same claims with a change, signed with the issuer's own key.
pub(crate) fn signed(token: &str, key: &Ed25519KeyPair, change: impl FnOnce(&mut Value)) -> String {
    let (header, claims) = parts(token);
    let claims = changed(claims, change);
    let signed = format!("{header}.{claims}");
    let signature = URL_SAFE_NO_PAD.encode(key.sign(signed.as_bytes()));
    format!("{signed}.{signature}")
}

/// The same token for somebody of the staff; the signature is that of the claims before.
pub(crate) fn forged(token: &str) -> String {
    let (header, claims) = parts(token);
    let claims = changed(claims, |claims| {
        claims["groups"] = json!(["customer", "staff"])
    });
    let signature = token.rsplit('.').next().unwrap();
    format!("{header}.{claims}.{signature}")
}

fn parts(token: &str) -> (&str, &str) {
    let (header, rest) = token.split_once('.').unwrap();
    (header, rest.split_once('.').unwrap().0)
}

fn changed(claims: &str, change: impl FnOnce(&mut Value)) -> String {
    let claims = URL_SAFE_NO_PAD.decode(claims).unwrap();
    let mut claims: Value = serde_json::from_slice(&claims).unwrap();
    change(&mut claims);
    URL_SAFE_NO_PAD.encode(claims.to_string())
}
