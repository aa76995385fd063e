//! Access tokens as the issuer signs them, and as others forge them.

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::Timestamp;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};
use uuid::Uuid;

/// A signing key and its public half.
pub(crate) struct Issuer {
    kid: String,
    pkcs8: Vec<u8>,
    public: Vec<u8>,
}

impl Issuer {
    /// A new key of this id.
    pub(crate) fn new(kid: &str) -> Self {
        let pair = Ed25519KeyPair::generate().unwrap();
        Self {
            kid: kid.to_owned(),
            pkcs8: pair.to_pkcs8v1().unwrap().as_ref().to_vec(),
            public: pair.public_key().as_ref().to_vec(),
        }
    }

    /// The public key, as published.
    pub(crate) fn jwk(&self) -> Value {
        json!({
            "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig",
            "kid": self.kid, "x": URL_SAFE_NO_PAD.encode(&self.public),
        })
    }

    /// The raw public key, which everybody knows.
    pub(crate) fn public(&self) -> &[u8] {
        &self.public
    }

    /// A token with these claims.
    pub(crate) fn sign(&self, claims: &Value) -> String {
        self.sign_as(Some("JWT"), claims)
    }

    /// The same, of another type.
    pub(crate) fn sign_as(&self, typ: Option<&str>, claims: &Value) -> String {
        let mut header = Header::new(Algorithm::EdDSA);
        header.kid = Some(self.kid.clone());
        header.typ = typ.map(str::to_owned);
        let key = EncodingKey::from_ed_der(&self.pkcs8);
        jsonwebtoken::encode(&header, claims, &key).unwrap()
    }

    /// A token with these claims whose header names extensions.
    pub(crate) fn sign_with(&self, claims: &Value, crit: &Value) -> String {
        let header =
            json!({ "alg": "EdDSA", "kid": self.kid, "crit": crit, "exp": 0, "b64": true });
        let signed = by_hand(&header, claims, b"");
        let signed = signed.trim_end_matches('.');
        let signature = Ed25519KeyPair::from_pkcs8(&self.pkcs8).unwrap();
        let signature = URL_SAFE_NO_PAD.encode(signature.sign(signed.as_bytes()));
        format!("{signed}.{signature}")
    }

    /// A good token of a customer.
    pub(crate) fn customer(&self, id: Uuid) -> String {
        self.sign(&claims(id, &["customer"]))
    }

    /// A good token of the staff.
    pub(crate) fn staff(&self, id: Uuid) -> String {
        self.sign(&claims(id, &["customer", "staff"]))
    }
}

/// The claims of a good token.
pub(crate) fn claims(id: Uuid, groups: &[&str]) -> Value {
    json!({
        "iss": "http://localhost:8080", "aud": "terrace-web", "client_id": "terrace-web",
        "sub": id, "groups": groups, "iat": now(), "exp": now() + 900,
    })
}

/// The claims of a good token, but for these.
pub(crate) fn claims_with(changes: Value) -> Value {
    let mut claims = claims(Uuid::now_v7(), &["customer"]);
    for (name, value) in changes.as_object().unwrap() {
        match value {
            Value::Null => claims.as_object_mut().unwrap().remove(name),
            value => claims
                .as_object_mut()
                .unwrap()
                .insert(name.clone(), value.clone()),
        };
    }
    claims
}

/// A token put together by hand: header and claims as given, any signature.
pub(crate) fn by_hand(header: &Value, claims: &Value, signature: &[u8]) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!(
        "{}.{}.{}",
        part(header),
        part(claims),
        URL_SAFE_NO_PAD.encode(signature)
    )
}

/// Now, in seconds.
pub(crate) fn now() -> i64 {
    Timestamp::now().as_second()
}
