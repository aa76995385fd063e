//! `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header): a creating call may be repeated.

use axum::extract::FromRequestParts;
use http::{HeaderMap, request::Parts};

use super::{Problem, kinds};

/// The caller's name for one creating call: 1–255 visible ASCII characters.
/// Answers 400 `idempotency-key-missing` without it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdempotencyKey(String);

impl IdempotencyKey {
    /// The key of a request with these headers.
    pub fn of(headers: &HeaderMap) -> Result<Self, Problem> {
        let mut keys = headers.get_all("idempotency-key").iter();
        // Of two keys nobody could tell which one a repetition has to bring.
        let key = match (keys.next(), keys.next()) {
            (Some(key), None) => key.to_str().ok(),
            _ => None,
        };
        match key.map(str::trim) {
            Some(key) if (1..=255).contains(&key.len()) => Ok(Self(key.to_owned())),
            _ => Err(kinds::IDEMPOTENCY_KEY_MISSING.problem().detail(
                "Send one key of 1 to 255 visible characters, a new UUID for each new intent.",
            )),
        }
    }

    /// The key as sent.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<S: Send + Sync> FromRequestParts<S> for IdempotencyKey {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Self::of(&parts.headers)
    }
}
