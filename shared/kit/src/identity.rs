//! Who calls: the caller token between the edge, the services and their neighbours.
//!
//! `Terrace-Caller` is a compact JWS (RFC 7515, HS256) signed with the called service's *invoke
//! key*: whoever holds the key may invoke the service, nobody else. It lives at most 60 s.

use std::{sync::Arc, time::Duration};

use axum::{
    extract::{FromRequestParts, Request, State},
    middleware::Next,
    response::Response,
};
use foldhash::fast::RandomState;
use http::{HeaderName, HeaderValue, request::Parts};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use moka::sync::Cache;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::http::{Problem, kinds};

/// The header that carries the caller token. The edge drops inbound copies.
pub const CALLER_HEADER: HeaderName = HeaderName::from_static("terrace-caller");

/// How long a caller token lives, in seconds.
const TOKEN_LIFE_S: i64 = 60;

/// Clocks differ, by this many seconds at most.
const LEEWAY_S: i64 = 5;

/// How long a token that was minted is used again for the same caller and route.
const REUSED: Duration = Duration::from_secs(10);

/// How many tokens each side remembers, and none longer than it lives.
const REMEMBERED: u64 = 2_000;
const REMEMBERED_FOR: Duration = Duration::from_secs(TOKEN_LIFE_S as u64);

/// The shortest invoke key that is accepted, in bytes (RFC 7518 §3.2: as long as the hash).
const MIN_KEY_BYTES: usize = 32;

/// Who calls, and by which route: what a caller token says.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Caller {
    /// Who signed the token: `edge`, or a neighbour's name.
    #[serde(rename = "iss")]
    pub issuer: Arc<str>,
    /// The signed-in user on whose behalf this call is made.
    #[serde(rename = "sub", default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<Uuid>,
    /// The user's groups.
    #[serde(default, skip_serializing_if = "<[_]>::is_empty")]
    pub groups: Arc<[Arc<str>]>,
    /// The route's ARN, where the edge calls.
    #[serde(default, skip_serializing_if = "str::is_empty")]
    pub route: Arc<str>,
}

impl Caller {
    /// Whether the user belongs to `group`.
    pub fn is_in(&self, group: &str) -> bool {
        self.groups.iter().any(|own| **own == *group)
    }
}

#[derive(Serialize, Deserialize)]
struct Claims {
    #[serde(flatten)]
    caller: Caller,
    aud: Arc<str>,
    exp: i64,
}

/// An invoke key that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("an invoke key has at least {MIN_KEY_BYTES} bytes")]
pub struct WeakKey;

/// Signs caller tokens for one service. Clones share what they remember.
#[derive(Clone)]
pub struct Minter {
    key: EncodingKey,
    header: Header,
    audience: Arc<str>,
    minted: Cache<Caller, HeaderValue, RandomState>,
}

impl Minter {
    /// Signs for the service named `audience`, with that service's invoke key.
    pub fn new(audience: &str, invoke_key: &SecretString) -> Result<Self, WeakKey> {
        let key = EncodingKey::from_secret(strong(invoke_key)?);
        Ok(Self {
            key,
            header: Header::new(Algorithm::HS256),
            audience: audience.into(),
            minted: Cache::builder()
                .max_capacity(REMEMBERED)
                .time_to_live(REUSED)
                .build_with_hasher(RandomState::default()),
        })
    }

    /// The service whose key this is.
    pub fn audience(&self) -> &Arc<str> {
        &self.audience
    }

    /// A token for this caller, as a header value: a new one, or one of a moment ago.
    pub fn mint(&self, caller: Caller) -> HeaderValue {
        if let Some(minted) = self.minted.get(&caller) {
            return minted;
        }
        let token = self.sign(caller.clone());
        self.minted.insert(caller, token.clone());
        token
    }

    fn sign(&self, caller: Caller) -> HeaderValue {
        let exp = jiff::Timestamp::now().as_second() + TOKEN_LIFE_S;
        let claims = Claims {
            caller,
            aud: self.audience.clone(),
            exp,
        };
        let token = jsonwebtoken::encode(&self.header, &claims, &self.key)
            .expect("HS256 signs any claims that serialise");
        HeaderValue::try_from(token).expect("a compact JWS is visible ASCII")
    }
}

/// Checks caller tokens of one service. Two keys may be held at once, so that they can be rotated.
/// Clones share what they remember.
#[derive(Clone)]
pub struct Trust(Arc<Trusted>);

struct Trusted {
    keys: Vec<DecodingKey>,
    validation: Validation,
    /// Tokens that passed, with the second at which they expire.
    checked: Cache<HeaderValue, (i64, Caller), RandomState>,
}

impl Trust {
    /// Trusts tokens for the service named `audience`, signed with any of `invoke_keys`.
    pub fn new<'a>(
        audience: &str,
        invoke_keys: impl IntoIterator<Item = &'a SecretString>,
    ) -> Result<Self, WeakKey> {
        let keys = invoke_keys
            .into_iter()
            .map(|key| strong(key).map(DecodingKey::from_secret));
        let keys = keys.collect::<Result<Vec<_>, _>>()?;
        let mut validation = Validation::new(Algorithm::HS256);
        validation.leeway = LEEWAY_S as u64;
        validation.set_audience(&[audience]);
        validation.set_required_spec_claims(&["exp", "aud", "iss"]);
        Ok(Self(Arc::new(Trusted {
            keys,
            validation,
            checked: Cache::builder()
                .max_capacity(REMEMBERED)
                .time_to_live(REMEMBERED_FOR)
                .build_with_hasher(RandomState::default()),
        })))
    }

    fn check(&self, token: &HeaderValue) -> Option<Caller> {
        let now = jiff::Timestamp::now().as_second();
        if let Some((expires, caller)) = self.0.checked.get(token) {
            return (now <= expires + LEEWAY_S).then_some(caller);
        }
        let claims = self.0.keys.iter().find_map(|key| {
            let data = jsonwebtoken::decode::<Claims>(token.as_bytes(), key, &self.0.validation);
            data.ok().map(|data| data.claims)
        })?;
        // A token that claims a longer life than ours was not minted by our code.
        if claims.exp > now + TOKEN_LIFE_S + LEEWAY_S {
            return None;
        }
        let passed = (claims.exp, claims.caller.clone());
        self.0.checked.insert(token.clone(), passed);
        Some(claims.caller)
    }
}

/// Middleware that lets only trusted callers in and hands their [`Caller`] to the handlers;
/// 401 `untrusted-caller` for everybody else.
///
/// `middleware::from_fn_with_state(trust, identity::require_trust)`, outside of every route.
pub async fn require_trust(
    State(trust): State<Trust>,
    mut request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let caller = request
        .headers_mut()
        .remove(CALLER_HEADER)
        .and_then(|token| trust.check(&token));
    let caller = caller.ok_or_else(untrusted)?;
    request.extensions_mut().insert(caller);
    Ok(next.run(request).await)
}

/// Middleware for a group of routes: only tokens that name one of these issuers may pass. Whoever
/// has the service's invoke key writes the name as they like, so this guards against mistakes, such
/// as a route of the edge that leads to what is meant for neighbours, not against a stolen key.
pub async fn only_from(
    State(issuers): State<&'static [&'static str]>,
    caller: Caller,
    request: Request,
    next: Next,
) -> Result<Response, Problem> {
    if !issuers.contains(&&*caller.issuer) {
        return Err(untrusted());
    }
    Ok(next.run(request).await)
}

/// A signed-in user; 401 `sign-in-required` for anybody else.
#[derive(Clone, Debug)]
pub struct User {
    /// The user's id, given by the issuer of the access token.
    pub id: Uuid,
    /// Whether the user belongs to the group `staff`.
    pub is_staff: bool,
}

/// A signed-in member of the group `staff`; 403 `staff-only` for other users.
#[derive(Clone, Debug)]
pub struct Staff(pub User);

impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let caller = parts.extensions.get::<Self>();
        caller.cloned().ok_or_else(untrusted)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for User {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let caller = parts.extensions.get::<Caller>().ok_or_else(untrusted)?;
        let id = caller.subject;
        Ok(Self {
            id: id.ok_or_else(|| kinds::SIGN_IN_REQUIRED.problem())?,
            is_staff: caller.is_in("staff"),
        })
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Staff {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let user = User::from_request_parts(parts, state).await?;
        match user.is_staff {
            true => Ok(Self(user)),
            false => Err(kinds::STAFF_ONLY.problem()),
        }
    }
}

fn untrusted() -> Problem {
    kinds::UNTRUSTED_CALLER
        .problem()
        .detail("Services answer the edge and named neighbours only.")
}

fn strong(key: &SecretString) -> Result<&[u8], WeakKey> {
    let bytes = key.expose_secret().as_bytes();
    match bytes.len() >= MIN_KEY_BYTES {
        true => Ok(bytes),
        false => Err(WeakKey),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "an-invoke-key-of-a-unit-test-32b";

    fn caller(route: &str) -> Caller {
        Caller {
            issuer: "edge".into(),
            subject: None,
            groups: Arc::default(),
            route: route.into(),
        }
    }

    #[test]
    fn a_remembered_token_is_trusted_as_it_was_and_not_beyond_its_end() {
        let minter = Minter::new("orders", &KEY.into()).unwrap();
        let trust = Trust::new("orders", &[KEY.into()]).unwrap();
        let token = minter.mint(caller("list"));

        for _ in 0..2 {
            assert_eq!(trust.check(&token), Some(caller("list")));
        }

        let ended = jiff::Timestamp::now().as_second() - LEEWAY_S - 1;
        trust
            .0
            .checked
            .insert(token.clone(), (ended, caller("list")));
        assert_eq!(trust.check(&token), None);
    }

    #[test]
    fn what_was_refused_is_not_remembered() {
        let minter = Minter::new("payments", &KEY.into()).unwrap();
        let trust = Trust::new("orders", &[KEY.into()]).unwrap();
        let token = minter.mint(caller("list"));

        for _ in 0..2 {
            assert_eq!(trust.check(&token), None);
        }
        trust.0.checked.run_pending_tasks();
        assert_eq!(trust.0.checked.entry_count(), 0);
    }
}
