//! An issuer of access tokens: one key, and a token of a customer that lives for an hour.

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

/// The key set to publish, and the token.
pub(crate) fn issue() -> Result<(Value, String), Box<dyn std::error::Error>> {
    let pair = Ed25519KeyPair::generate()?;
    let keys = json!({ "keys": [{
        "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": "first",
        "x": URL_SAFE_NO_PAD.encode(pair.public_key()),
    }] });
    let mut header = Header::new(Algorithm::EdDSA);
    header.kid = Some("first".to_owned());
    let claims = json!({
        "iss": "http://localhost:8080", "aud": "terrace-web", "groups": ["customer"],
        "sub": uuid::Uuid::now_v7(), "exp": jiff::Timestamp::now().as_second() + 3600,
    });
    let key = EncodingKey::from_ed_der(pair.to_pkcs8v1()?.as_ref());
    Ok((keys, jsonwebtoken::encode(&header, &claims, &key)?))
}
