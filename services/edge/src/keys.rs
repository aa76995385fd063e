//! The public keys of one issuer: asked for when a token names one that is not known, and again when they
//! are old. Each issuer has its own, so that one which is gone is missed by its own tokens alone.

use std::{
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use arc_swap::ArcSwapOption;
use axum::body::{Body, Bytes};
use client::{Repeatable, Upstream};
use http::{Request, Uri};
use http_body_util::{BodyExt, Limited};
use jsonwebtoken::{Algorithm, DecodingKey};
use kit::{
    deadline::Deadline,
    identity::{CALLER_HEADER, Caller, Minter},
    jwks,
    tls::Outside,
};
use tokio::{sync::Mutex, time::Instant};

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

/// Why a token gives no identity.
pub(crate) enum Refused {
    /// The token is at fault.
    Token(&'static str),
    /// The issuer's keys cannot be had.
    NoKeys(Fault),
}

pub(crate) type Fault = Box<dyn std::error::Error + Send + Sync>;

/// Where keys are published.
pub(crate) enum Source {
    /// By a service of the shop, which the table names.
    Service(ArcSwapOption<(Upstream, Minter)>),
    /// By a server outside, at this URL.
    Url(Outside, Uri),
}

/// The keys of one issuer.
pub(crate) struct Keys {
    pub(crate) source: Source,
    /// Those that its tokens may be signed with.
    algorithms: Vec<Algorithm>,
    known: RwLock<Known>,
    next_fetch: Mutex<NextFetch>,
}

/// The keys that the issuer had last.
#[derive(Clone, Default)]
struct Known {
    by_id: Arc<jwks::Keys>,
    /// As they were published.
    published: Bytes,
    /// How often they have changed.
    changes: u64,
    /// When they are to be renewed; never before there are any.
    old_at: Option<Instant>,
}

/// When the keys may be asked for again, and whether they are missing until then.
#[derive(Clone, Copy, Default)]
struct NextFetch {
    at: Option<Instant>,
    failed: bool,
}

impl Keys {
    pub(crate) fn new(source: Source, algorithms: Vec<Algorithm>) -> Self {
        Self {
            source,
            algorithms,
            known: RwLock::default(),
            next_fetch: Mutex::default(),
        }
    }

    /// How often they have changed.
    pub(crate) fn changes(&self) -> u64 {
        self.known(|known| known.changes)
    }

    /// Whether they are young, and have changed so often: what was verified then still is.
    pub(crate) fn are_as_after(&self, changes: u64) -> bool {
        self.known(|known| known.changes == changes && !known.are_old())
    }

    /// The key of this id.
    pub(crate) async fn key(&self, id: &str) -> Result<(Algorithm, DecodingKey), Refused> {
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
            let fetched = self.fetch().await;
            // After it as well: it may take longer than the pause, and those who waited would ask in turn.
            *next = match fetched {
                Ok(()) => NextFetch::after(REFETCH, false),
                Err(_) => NextFetch::after(PAUSE, true),
            };
            fetched.map_err(Refused::NoKeys)?;
        } else if next.failed {
            return Err(Refused::NoKeys("the issuer's keys have just failed".into()));
        }
        find().ok_or(Refused::Token("Its key is not one of the issuer's."))
    }

    /// Fetches the keys again when they are old. One request waits for them, the others go on.
    pub(crate) async fn renew(&self) {
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
        let by_id = jwks::usable(&published, &self.algorithms)?;
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
        let (status, body) = match &self.source {
            Source::Service(service) => from_service(service).await?,
            Source::Url(outside, url) => {
                let request = Request::get(url).body(Body::empty())?;
                let answer = outside.send(request, TIMEOUT, MAX_KEYS).await?;
                (answer.status(), answer.into_body())
            }
        };
        if !status.is_success() {
            return Err(format!("the issuer's keys answered {status}").into());
        }
        Ok(body)
    }
}

/// What the service publishes.
async fn from_service(
    service: &ArcSwapOption<(Upstream, Minter)>,
) -> Result<(http::StatusCode, Bytes), Fault> {
    let service = service.load_full();
    let (upstream, minter) = &*service.ok_or("no service publishes the keys")?;
    let caller = Caller {
        issuer: "edge".into(),
        route: "jwks".into(),
        ..Caller::default()
    };
    let request = Request::get("/.well-known/jwks.json")
        .header(CALLER_HEADER, minter.mint(caller))
        .extension(Deadline::within(TIMEOUT))
        .extension(Repeatable)
        .body(Body::empty())
        .expect("the path and a minted token are valid");
    let answer = upstream.send(request).await?;
    let status = answer.status();
    let body = Limited::new(answer.into_body(), MAX_KEYS).collect().await?;
    Ok((status, body.to_bytes()))
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
