//! Who calls: the caller token between the edge, the services and their neighbours.
//!
//! `Terrace-Caller` is a compact JWS (RFC 7515, HS256) signed with the called service's *invoke
//! key*: whoever holds the key may invoke the service, nobody else. It lives at most 60 s, by the
//! clocks of both sides, which may differ by [`MAX_CLOCK_DIFFERENCE_S`].

mod user;

use std::{sync::Arc, time::Duration};

use aws_lc_rs::digest::{Context, SHA256};
use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use foldhash::fast::RandomState;
use http::{HeaderName, HeaderValue, header};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use moka::sync::Cache;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use self::user::{Manager, Staff, User};
use crate::{
    clock::Clock,
    http::{Problem, kinds},
    telemetry,
};

/// The header that carries the caller token. The edge drops inbound copies.
pub const CALLER_HEADER: HeaderName = HeaderName::from_static("terrace-caller");

/// What a service asks for of whom it does not trust (RFC 9110 §11.6.1). By it the edge knows that
/// the refusal is about the edge itself.
pub const CALLER_CHALLENGE: HeaderValue = HeaderValue::from_static("Terrace-Caller");

/// How long a caller token lives, in seconds.
const TOKEN_LIFE_S: i64 = 60;

/// How many seconds the clock of a service may be ahead of its caller's, or behind. Beyond that it
/// refuses every call, and its callers are told that it is unavailable.
pub const MAX_CLOCK_DIFFERENCE_S: i64 = 30;

/// How long a token that was minted is used again for the same caller and route, in seconds.
const REUSED_S: i64 = 10;

/// How many tokens each side remembers, and none longer than it lives.
const REMEMBERED: u64 = 2_000;
const REMEMBERED_FOR: Duration = Duration::from_secs(TOKEN_LIFE_S as u64);

/// The shortest invoke key that is accepted, in bytes (RFC 7518 §3.2: as long as the hash).
const MIN_KEY_BYTES: usize = 32;

/// Who calls, and by which route: what a caller token says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
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
    /// The session that the user's access token belongs to.
    #[serde(rename = "sid", default, skip_serializing_if = "Option::is_none")]
    pub session: Option<Uuid>,
    /// When the user last proved who they are, in seconds since 1970 (RFC 9470 §4).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth_time: Option<i64>,
    /// By what (RFC 8176).
    #[serde(default, skip_serializing_if = "<[_]>::is_empty")]
    pub amr: Arc<[Arc<str>]>,
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

/// Who somebody is here whom another issuer calls `subject`: a UUID of version 8 (RFC 9562 §5.8) from the SHA-256 of
/// both names, always the same one. Never that of a user of our own, which are of version 7, nor that of
/// another issuer's subject.
pub fn user_of(issuer: &str, subject: &str) -> Uuid {
    let mut hash = Context::new(&SHA256);
    hash.update(issuer.as_bytes());
    // Neither a URL nor a subject (OpenID Connect Core §2: ASCII) has it.
    hash.update(b"\0");
    hash.update(subject.as_bytes());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash.finish().as_ref()[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
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
    clock: Clock,
    /// Tokens, with the second at which they were minted.
    minted: Cache<Caller, (i64, HeaderValue), RandomState>,
}

impl Minter {
    /// Signs for the service named `audience`, with that service's invoke key.
    pub fn new(audience: &str, invoke_key: &SecretString) -> Result<Self, WeakKey> {
        let key = EncodingKey::from_secret(strong(invoke_key)?);
        Ok(Self {
            key,
            header: Header::new(Algorithm::HS256),
            audience: audience.into(),
            clock: Clock::default(),
            minted: Cache::builder()
                .max_capacity(REMEMBERED)
                .time_to_live(Duration::from_secs(REUSED_S as u64))
                .build_with_hasher(RandomState::default()),
        })
    }

    /// The same by another clock.
    #[must_use]
    pub fn with_clock(self, clock: Clock) -> Self {
        Self { clock, ..self }
    }

    /// The service whose key this is.
    pub fn audience(&self) -> &Arc<str> {
        &self.audience
    }

    /// A token for this caller, as a header value: a new one, or one of a moment ago.
    pub fn mint(&self, caller: Caller) -> HeaderValue {
        let now = self.clock.now().as_second();
        // The cache's own time stands still while a laptop sleeps, and does not follow a clock that
        // is set; the service reads the token by its wall clock.
        if let Some((at, token)) = self.minted.get(&caller)
            && (at..at + REUSED_S).contains(&now)
        {
            return token;
        }
        let token = self.sign(caller.clone(), now);
        self.minted.insert(caller, (now, token.clone()));
        token
    }

    fn sign(&self, caller: Caller, now: i64) -> HeaderValue {
        let exp = now + TOKEN_LIFE_S;
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
pub struct Trust {
    trusted: Arc<Trusted>,
    clock: Clock,
}

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
        // By our clock, in `is_current`.
        validation.validate_exp = false;
        validation.set_audience(&[audience]);
        validation.set_required_spec_claims(&["exp", "aud", "iss"]);
        let trusted = Trusted {
            keys,
            validation,
            checked: Cache::builder()
                .max_capacity(REMEMBERED)
                .time_to_live(REMEMBERED_FOR)
                .build_with_hasher(RandomState::default()),
        };
        Ok(Self {
            trusted: Arc::new(trusted),
            clock: Clock::default(),
        })
    }

    /// The same by another clock.
    #[must_use]
    pub fn with_clock(self, clock: Clock) -> Self {
        Self { clock, ..self }
    }

    fn check(&self, token: &HeaderValue) -> Option<Caller> {
        let Trusted {
            keys,
            validation,
            checked,
        } = &*self.trusted;
        if let Some((expires, caller)) = checked.get(token) {
            return self.is_current(expires).then_some(caller);
        }
        let claims = keys.iter().find_map(|key| {
            let data = jsonwebtoken::decode::<Claims>(token.as_bytes(), key, validation);
            // Nothing of ours needs an extension (RFC 7515 §4.1.11).
            let data = data.ok().filter(|data| data.header.crit.is_none());
            data.map(|data| data.claims)
        })?;
        if !self.is_current(claims.exp) {
            return None;
        }
        checked.insert(token.clone(), (claims.exp, claims.caller.clone()));
        Some(claims.caller)
    }

    /// Whether a token that expires then lives. One with a longer life than ours was not minted by
    /// our code, or by a clock that is too far ahead.
    fn is_current(&self, expires: i64) -> bool {
        let left = expires - self.clock.now().as_second();
        (-MAX_CLOCK_DIFFERENCE_S..=TOKEN_LIFE_S + MAX_CLOCK_DIFFERENCE_S).contains(&left)
    }
}

/// Who calls, as whatever runs this service has found out itself: an extension of the request, which nobody
/// outside of the process can set. It goes before a caller token.
#[derive(Clone, Debug)]
pub struct Vouched(pub Caller);

/// Middleware that lets only trusted callers in and hands their [`Caller`] to the handlers;
/// 401 `untrusted-caller` for everybody else.
///
/// `middleware::from_fn_with_state(trust, identity::require_trust)`, outside of every route.
pub async fn require_trust(
    State(trust): State<Trust>,
    mut request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let token = request.headers_mut().remove(CALLER_HEADER);
    let caller = match request.extensions_mut().remove() {
        Some(Vouched(caller)) => Some(caller),
        None => token.and_then(|token| trust.check(&token)),
    };
    let caller = caller.ok_or_else(untrusted)?;
    if caller.subject.is_some() {
        telemetry::signed_in();
    }
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

fn untrusted() -> Problem {
    kinds::UNTRUSTED_CALLER
        .problem()
        .detail("Services answer the edge and named neighbours only.")
        .header(header::WWW_AUTHENTICATE, CALLER_CHALLENGE)
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

    #[test]
    fn a_subject_of_another_issuer_is_always_the_same_user_and_nobody_elses() {
        let rose = user_of("https://a.example", "rose");

        assert_eq!(rose, user_of("https://a.example", "rose"));
        assert_eq!(rose.get_version_num(), 8);
        let subject = Uuid::now_v7();
        for (issuer, subject) in [
            ("https://a.example", "lily"),
            ("https://b.example", "rose"),
            ("https://a.examplerose", ""),
            ("https://a.exampler", "ose"),
        ] {
            assert_ne!(rose, user_of(issuer, subject), "{issuer} {subject}");
        }
        assert_ne!(user_of("https://a.example", &subject.to_string()), subject);
    }

    fn caller(route: &str) -> Caller {
        Caller {
            issuer: "edge".into(),
            route: route.into(),
            ..Caller::default()
        }
    }

    #[test]
    fn what_was_refused_is_not_remembered() {
        let minter = Minter::new("payments", &KEY.into()).unwrap();
        let trust = Trust::new("orders", &[KEY.into()]).unwrap();
        let token = minter.mint(caller("list"));

        for _ in 0..2 {
            assert_eq!(trust.check(&token), None);
        }
        trust.trusted.checked.run_pending_tasks();
        assert_eq!(trust.trusted.checked.entry_count(), 0);
    }
}
