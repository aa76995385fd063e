//! The issuer's public keys, and access tokens verified with them (RFC 7519, RFC 8725).

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use arc_swap::ArcSwapOption;
use axum::body::{Body, Bytes};
use client::{Repeatable, Upstream};
use foldhash::fast::RandomState;
use http::Request;
use http_body_util::{BodyExt, Limited};
use jsonwebtoken::{
    Algorithm, DecodingKey, Validation,
    jwk::{Jwk, JwkSet, KeyAlgorithm, KeyOperations, PublicKeyUse},
};
use kit::{
    clock::Clock,
    deadline::Deadline,
    identity::{CALLER_HEADER, Caller, Minter},
};
use moka::sync::Cache;
use serde::Deserialize;
use tokio::{sync::Mutex, time::Instant};
use uuid::Uuid;

use crate::{Config, call::Identity};

/// How many seconds the issuer's clock may be ahead of ours, or behind at a token's end.
const LEEWAY_S: i64 = 30;

/// The longest life of a token that is accepted, in seconds: it cannot be called back.
const MAX_LIFE_S: i64 = 24 * 60 * 60;

/// How often the keys may be asked for because of a token that names an unknown one.
const REFETCH: Duration = Duration::from_secs(5);

/// How old the keys may become: a key that was withdrawn is not trusted for longer, nor is a token
/// that was verified with it. While the issuer is gone, those that are known are good.
const OLD: Duration = Duration::from_secs(5 * 60);

/// How long the issuer is left alone after it failed to renew them.
const RENEWAL_PAUSE: Duration = Duration::from_secs(30);

/// How long the issuer is left alone after it failed.
const PAUSE: Duration = Duration::from_secs(1);

/// How long the issuer may take to answer.
const TIMEOUT: Duration = Duration::from_secs(2);

/// The largest key set that is read, in bytes.
const MAX_KEYS: usize = 64 * 1024;

/// How many verified tokens are remembered.
const REMEMBERED: u64 = 20_000;

/// Why a token gives no identity.
pub(crate) enum Refused {
    /// The token is at fault.
    Token(&'static str),
    /// The issuer's keys cannot be had.
    NoKeys(Fault),
}

type Fault = Box<dyn std::error::Error + Send + Sync>;

/// Verifies access tokens; remembers those that passed until they expire, or the keys change.
pub(crate) struct Keys {
    source: ArcSwapOption<(Upstream, Minter)>,
    issuer: String,
    audience: String,
    known: RwLock<Known>,
    next_fetch: Mutex<NextFetch>,
    verified: Cache<String, Verified, RandomState>,
    clock: Clock,
}

/// The keys that the issuer had last.
#[derive(Clone, Default)]
struct Known {
    by_id: Arc<HashMap<String, (Algorithm, DecodingKey)>>,
    /// As they were published.
    published: Bytes,
    /// How often they have changed.
    changes: u64,
    /// When they are to be renewed; never before there are any.
    old_at: Option<Instant>,
}

/// A token that passed.
#[derive(Clone)]
struct Verified {
    /// With which keys: [`Known::changes`].
    changes: u64,
    identity: Identity,
}

/// When the keys may be asked for again, and whether they are missing until then.
#[derive(Clone, Copy, Default)]
struct NextFetch {
    at: Option<Instant>,
    failed: bool,
}

#[derive(Deserialize)]
struct Claims {
    /// One string, never a list (RFC 7519 §4.1.1).
    iss: String,
    sub: Uuid,
    exp: i64,
    nbf: Option<i64>,
    #[serde(default)]
    groups: Vec<Arc<str>>,
    aud: Option<OneOrMany>,
    client_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl Keys {
    pub(crate) fn new(config: &Config, clock: Clock) -> Self {
        Self {
            source: ArcSwapOption::empty(),
            issuer: config.issuer.clone(),
            audience: config.audience.clone(),
            known: RwLock::default(),
            next_fetch: Mutex::default(),
            verified: Cache::builder()
                .max_capacity(REMEMBERED)
                .time_to_live(Duration::from_secs(15 * 60))
                .build_with_hasher(RandomState::default()),
            clock,
        }
    }

    /// From now on this service is asked.
    pub(crate) fn ask(&self, source: Option<(Upstream, Minter)>) {
        self.source.store(source.map(Arc::new));
    }

    /// Who the token speaks for, where that was found out before and nobody need be asked.
    pub(crate) fn remembered(&self, token: &str) -> Option<Identity> {
        let (are_old, changes) = self.known(|known| (known.are_old(), known.changes));
        let verified = self.verified.get(token).filter(|_| !are_old)?;
        let is_good =
            verified.changes == changes && self.check_end(verified.identity.until).is_ok();
        is_good.then_some(verified.identity)
    }

    /// Who the token speaks for.
    pub(crate) async fn verify(&self, token: &str) -> Result<Identity, Refused> {
        self.renew().await;
        if let Some(identity) = self.remembered(token) {
            return Ok(identity);
        }

        // Before the key is looked up: what is verified with a key that goes meanwhile is not kept.
        let changes = self.known(|known| known.changes);
        let header = jsonwebtoken::decode_header(token);
        let header = header.map_err(|_| Refused::Token("It is not a signed JSON Web Token."))?;
        if header.crit.is_some() {
            let detail = "It needs an extension that is not understood here.";
            return Err(Refused::Token(detail));
        }
        let id = header.kid.ok_or(Refused::Token("It names no key."))?;
        let (algorithm, key) = self.key(&id).await?;
        let claims = self.check(token, algorithm, &key)?;
        let identity = Identity {
            subject: claims.sub,
            groups: claims.groups.into(),
            until: claims.exp,
            session_policy: None,
        };
        let verified = Verified {
            changes,
            identity: identity.clone(),
        };
        self.verified.insert(token.to_owned(), verified);
        Ok(identity)
    }

    fn check(
        &self,
        token: &str,
        algorithm: Algorithm,
        key: &DecodingKey,
    ) -> Result<Claims, Refused> {
        // The algorithm is the key's, never the token's own word (RFC 8725 §3.1).
        let mut rules = Validation::new(algorithm);
        rules.validate_aud = false;
        // By our clock, below.
        rules.validate_exp = false;
        rules.set_required_spec_claims(&["exp", "iss", "sub"]);
        let data = jsonwebtoken::decode::<Claims>(token, key, &rules);
        let invalid = Refused::Token("Its signature or its claims are not valid.");
        let claims = data.map_err(|_| invalid)?.claims;
        self.check_end(claims.exp)?;
        let now = self.clock.now().as_second();
        if claims.nbf.is_some_and(|begin| begin > now + LEEWAY_S) {
            return Err(Refused::Token("It is not valid yet."));
        }
        if claims.iss != self.issuer {
            return Err(Refused::Token("It comes from another issuer."));
        }
        let for_us = match &claims.claims_audience() {
            Some(audience) => audience.contains(&self.audience.as_str()),
            None => claims.client_id.as_ref() == Some(&self.audience),
        };
        if for_us {
            Ok(claims)
        } else {
            Err(Refused::Token("It is meant for somebody else."))
        }
    }

    /// Whether a token that ends then is alive, and not for too long.
    fn check_end(&self, end: i64) -> Result<(), Refused> {
        let left = end.saturating_sub(self.clock.now().as_second());
        if left < -LEEWAY_S {
            return Err(Refused::Token("It has expired."));
        }
        if left > MAX_LIFE_S + LEEWAY_S {
            return Err(Refused::Token("It lives too long."));
        }
        Ok(())
    }

    async fn key(&self, id: &str) -> Result<(Algorithm, DecodingKey), Refused> {
        let find = || self.known(|known| known.by_id.get(id).cloned());
        if let Some(key) = find() {
            return Ok(key);
        }
        // One at a time: whoever waited here finds what the one before has fetched.
        let mut next = self.next_fetch.lock().await;
        if let Some(key) = find() {
            return Ok(key);
        }
        if next.at.is_none_or(|at| Instant::now() >= at) {
            // Before the fetch: a client that hangs up meanwhile does not spare itself the pause.
            *next = NextFetch::after(PAUSE, true);
            self.fetch().await.map_err(Refused::NoKeys)?;
            *next = NextFetch::after(REFETCH, false);
        } else if next.failed {
            return Err(Refused::NoKeys("the issuer's keys have just failed".into()));
        }
        find().ok_or(Refused::Token("Its key is not one of the issuer's."))
    }

    /// Fetches the keys again when they are old. One request waits for them, the others go on.
    async fn renew(&self) {
        let are_old = || self.known(Known::are_old);
        if !are_old() {
            return;
        }
        let Ok(mut next) = self.next_fetch.try_lock() else {
            return;
        };
        if !are_old() {
            return;
        }
        self.change(|known| known.old_at = Some(Instant::now() + RENEWAL_PAUSE));
        match self.fetch().await {
            Ok(()) => *next = NextFetch::after(REFETCH, false),
            Err(fault) => tracing::warn!(%fault, "the issuer's keys are not renewed"),
        }
    }

    fn known<T>(&self, read: impl FnOnce(&Known) -> T) -> T {
        read(&self.known.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn change(&self, change: impl FnOnce(&mut Known)) {
        change(&mut self.known.write().unwrap_or_else(PoisonError::into_inner));
    }

    /// Makes the issuer's keys of now the known ones.
    async fn fetch(&self) -> Result<(), Fault> {
        let published = tokio::time::timeout(TIMEOUT, self.published());
        let published = published
            .await
            .map_err(|_| "the issuer's keys take too long")??;
        let by_id = usable(&published)?;
        self.change(|known| {
            if known.published != published {
                known.changes += 1;
                known.by_id = Arc::new(by_id);
                known.published = published;
            }
            known.old_at = Some(Instant::now() + OLD);
        });
        Ok(())
    }

    /// What the issuer publishes.
    async fn published(&self) -> Result<Bytes, Fault> {
        let source = self.source.load_full();
        let (upstream, minter) = &*source.ok_or("no service publishes the keys")?;
        let caller = Caller {
            issuer: "edge".into(),
            subject: None,
            groups: Arc::default(),
            route: "jwks".into(),
        };
        let request = Request::get("/.well-known/jwks.json")
            .header(CALLER_HEADER, minter.mint(caller))
            .extension(Deadline::within(TIMEOUT))
            .extension(Repeatable)
            .body(Body::empty())
            .expect("the path and a minted token are valid");
        let answer = upstream.send(request).await?;
        if !answer.status().is_success() {
            return Err(format!("the issuer's keys answered {}", answer.status()).into());
        }
        let body = Limited::new(answer.into_body(), MAX_KEYS).collect().await?;
        Ok(body.to_bytes())
    }
}

/// The keys of a set that the edge can verify with, by their ids.
fn usable(published: &[u8]) -> Result<HashMap<String, (Algorithm, DecodingKey)>, Fault> {
    let set: JwkSet = serde_json::from_slice(published)?;
    let usable = set
        .keys
        .iter()
        .filter(|jwk| verifies(jwk))
        .filter_map(|jwk| {
            let algorithm = match jwk.common.key_algorithm? {
                KeyAlgorithm::EdDSA => Algorithm::EdDSA,
                KeyAlgorithm::ES256 => Algorithm::ES256,
                _ => return None,
            };
            let key = DecodingKey::from_jwk(jwk).ok()?;
            Some((jwk.common.key_id.clone()?, (algorithm, key)))
        });
    Ok(usable.collect())
}

/// Whether a key is meant to verify signatures (RFC 7517 §4.2, §4.3).
fn verifies(jwk: &Jwk) -> bool {
    let purpose = jwk.common.public_key_use.as_ref();
    let operations = jwk.common.key_operations.as_ref();
    purpose.is_none_or(|purpose| *purpose == PublicKeyUse::Signature)
        && operations.is_none_or(|operations| operations.contains(&KeyOperations::Verify))
}

impl Known {
    fn are_old(&self) -> bool {
        self.old_at.is_some_and(|at| Instant::now() >= at)
    }
}

impl NextFetch {
    fn after(pause: Duration, failed: bool) -> Self {
        let at = Some(Instant::now() + pause);
        Self { at, failed }
    }
}

impl Claims {
    fn claims_audience(&self) -> Option<Vec<&str>> {
        match self.aud.as_ref()? {
            OneOrMany::One(audience) => Some(vec![audience]),
            OneOrMany::Many(audiences) => Some(audiences.iter().map(String::as_str).collect()),
        }
    }
}
