//! Access tokens: JSON Web Tokens signed with Ed25519 (RFC 8037, RFC 9068), 15 minutes long.

use std::sync::Arc;

use aws_lc_rs::{
    digest,
    rand::SystemRandom,
    signature::{Ed25519KeyPair, KeyPair},
};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use kit::clock::Clock;
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{Config, Error, proof::Proof, user::User};

/// How long an access token lives, in seconds.
pub const TOKEN_LIFE_S: i64 = 15 * 60;

/// A signing key that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("signing_key: expected an Ed25519 key as PKCS#8 in base64")]
pub struct BadSigningKey;

/// A new signing key, in the form that the settings expect.
pub fn generate_signing_key() -> SecretString {
    let document = Ed25519KeyPair::generate_pkcs8v1(&SystemRandom::new())
        .expect("the system has random numbers");
    STANDARD.encode(document.as_ref()).into()
}

/// Signs access tokens and publishes the key that verifies them.
#[derive(Clone)]
pub struct Issuer {
    key: EncodingKey,
    header: Header,
    /// The public key, as published.
    pub jwk: Arc<Jwk>,
    /// The `iss` of the tokens.
    pub name: Arc<str>,
    audience: Arc<str>,
    clock: Clock,
}

/// A public key (RFC 7517, RFC 8037).
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Jwk {
    /// The key type, `OKP`.
    #[schema(example = "OKP")]
    pub kty: &'static str,
    /// The curve, `Ed25519`.
    #[schema(example = "Ed25519")]
    pub crv: &'static str,
    /// The algorithm, `EdDSA`.
    #[schema(example = "EdDSA")]
    pub alg: &'static str,
    /// What the key is for, `sig`.
    #[schema(example = "sig")]
    #[serde(rename = "use")]
    pub purpose: &'static str,
    /// The key's id: its thumbprint (RFC 7638).
    #[schema(example = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k")]
    pub kid: String,
    /// The public key, base64url.
    #[schema(example = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo")]
    pub x: String,
}

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    aud: &'a str,
    client_id: &'a str,
    sub: Uuid,
    groups: &'a [&'a str],
    /// Which session it belongs to, and ends with.
    #[serde(skip_serializing_if = "Option::is_none")]
    sid: Option<Uuid>,
    auth_time: i64,
    amr: &'a [&'a str],
    iat: i64,
    exp: i64,
    jti: Uuid,
}

impl Issuer {
    /// Signs with the key of the settings.
    pub fn new(config: &Config) -> Result<Self, BadSigningKey> {
        let pkcs8 = STANDARD
            .decode(config.signing_key.expose_secret())
            .map_err(|_| BadSigningKey)?;
        let pair = Ed25519KeyPair::from_pkcs8(&pkcs8).map_err(|_| BadSigningKey)?;
        let x = URL_SAFE_NO_PAD.encode(pair.public_key().as_ref());
        let members = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#);
        let kid = URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, members.as_bytes()));

        let mut header = Header::new(Algorithm::EdDSA);
        header.kid = Some(kid.clone());
        let jwk = Jwk {
            kty: "OKP",
            crv: "Ed25519",
            alg: "EdDSA",
            purpose: "sig",
            kid,
            x,
        };
        Ok(Self {
            key: EncodingKey::from_ed_der(&pkcs8),
            header,
            jwk: Arc::new(jwk),
            name: config.issuer.as_str().into(),
            audience: config.audience.as_str().into(),
            clock: Clock::default(),
        })
    }

    /// The same by another clock.
    #[must_use]
    pub fn with_clock(self, clock: Clock) -> Self {
        Self { clock, ..self }
    }

    /// An access token for this user in a session, who is in these groups and proved so who they are.
    pub fn token(
        &self,
        user: &User,
        groups: &[&str],
        session: Option<Uuid>,
        proof: Proof,
    ) -> Result<String, Error> {
        let now = self.clock.now().as_second();
        let claims = Claims {
            iss: &self.name,
            aud: &self.audience,
            client_id: &self.audience,
            sub: user.id,
            groups,
            sid: session,
            auth_time: proof.at.as_second(),
            amr: proof.method.amr(),
            iat: now,
            exp: now + TOKEN_LIFE_S,
            jti: Uuid::now_v7(),
        };
        let token = jsonwebtoken::encode(&self.header, &claims, &self.key);
        token.map_err(|fault| Error::Internal(fault.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_published_with_the_thumbprint_of_the_standard() {
        // RFC 8037, appendices A.1 and A.3, wrapped as PKCS#8 (RFC 8410 §7).
        let seed = URL_SAFE_NO_PAD.decode("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A");
        let mut pkcs8 =
            b"\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20".to_vec();
        pkcs8.extend(seed.unwrap());
        let config = Config {
            signing_key: STANDARD.encode(pkcs8).into(),
            ..Config::default()
        };

        let jwk = Issuer::new(&config).unwrap().jwk;

        assert_eq!(jwk.x, "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo");
        assert_eq!(jwk.kid, "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    }

    #[test]
    fn what_is_no_key_is_refused_without_being_shown() {
        for key in ["", "not base64!", "bm90IGEga2V5"] {
            let config = Config {
                signing_key: key.into(),
                ..Config::default()
            };

            let refused = Issuer::new(&config).err().unwrap();

            assert!(key.is_empty() || !refused.to_string().contains(key));
        }
    }
}
