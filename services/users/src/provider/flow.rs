//! The way of a browser to a provider and back (RFC 6749 §4.1): where it is sent, and what has to come back with
//! it. Nothing is stored for who only sets out: what has to be remembered is sealed in `state`, which works with
//! the secret of the browser that it was given to, and in no other (RFC 6749 §10.12).

use aws_lc_rs::{digest, hmac};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::Timestamp;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Provider;
use crate::{Error, session::RefreshToken};

/// What needs no encoding in a form (RFC 3986 §2.3).
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// What somebody goes to a provider for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Purpose {
    /// To sign in.
    SignIn,
    /// To link what they are there to this account.
    Link(Uuid),
    /// To prove once more that this account is theirs.
    Proof(Uuid),
}

/// What is remembered of somebody on the way.
#[derive(Serialize, Deserialize)]
pub(crate) struct Flow {
    pub(crate) provider: String,
    pub(crate) purpose: Purpose,
    /// What the ID token has to repeat.
    pub(crate) nonce: String,
    /// When they set out, in seconds.
    pub(crate) began_s: i64,
    /// The hash of the browser's secret.
    browser: String,
}

/// The secret of one browser: 256 bits that no other has, in a cookie.
pub(crate) struct Browser(SecretString);

impl Browser {
    /// A new one.
    pub(crate) fn generate() -> Self {
        Self(RefreshToken::generate().secret().into())
    }

    /// What a browser sent, if it may be one of ours.
    pub(crate) fn received(value: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(value).ok()?;
        (bytes.len() == 32).then(|| Self(value.into()))
    }

    /// For the cookie.
    pub(crate) fn secret(&self) -> &str {
        self.0.expose_secret()
    }

    fn hash(&self) -> String {
        hashed(self.secret())
    }

    /// What PKCE proves by (RFC 7636): that who brings the code is who set out. It is of this browser and this
    /// way, and is kept nowhere.
    pub(super) fn verifier(&self, nonce: &str) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA256, self.secret().as_bytes());
        URL_SAFE_NO_PAD.encode(hmac::sign(&key, nonce.as_bytes()))
    }
}

impl Flow {
    /// Somebody sets out to this provider.
    pub(crate) fn begin(
        provider: &Provider,
        purpose: Purpose,
        browser: &Browser,
        now: Timestamp,
    ) -> Self {
        Self {
            provider: provider.name.clone(),
            purpose,
            nonce: RefreshToken::generate().secret().to_owned(),
            began_s: now.as_second(),
            browser: browser.hash(),
        }
    }

    /// Whether it is this browser that set out.
    pub(crate) fn is_of(&self, browser: &Browser) -> bool {
        self.browser == browser.hash()
    }
}

impl Provider {
    /// Where to send the browser that sets out with this `state` (OpenID Connect Core §3.1.2.1).
    pub(crate) async fn location(
        &self,
        flow: &Flow,
        browser: &Browser,
        state: &str,
    ) -> Result<String, Error> {
        let metadata = self.metadata().await.map_err(|it| self.failed(it))?;
        let challenge = hashed(&browser.verifier(&flow.nonce));
        let mut query = vec![
            ("response_type", "code"),
            ("client_id", &self.client_id),
            ("redirect_uri", &self.redirect),
            ("scope", &self.scopes),
            ("state", state),
            ("nonce", &flow.nonce),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ];
        if matches!(flow.purpose, Purpose::Proof(_)) {
            query.extend([("prompt", "login"), ("max_age", "0")]);
        }
        let endpoint = &metadata.authorization;
        let separator = endpoint.query().map_or('?', |_| '&');
        Ok(format!("{endpoint}{separator}{}", form(&query)))
    }
}

fn hashed(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, text.as_bytes()))
}

/// These pairs as a form or a query.
pub(super) fn form(pairs: &[(&str, &str)]) -> String {
    let pairs = pairs
        .iter()
        .map(|(name, value)| format!("{name}={}", encoded(value)));
    pairs.collect::<Vec<_>>().join("&")
}

/// As it stands in a form.
pub(super) fn encoded(text: &str) -> String {
    utf8_percent_encode(text, ENCODED).to_string()
}
