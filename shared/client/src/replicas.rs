//! A service over HTTP/1.1, at one address or several: finds the addresses behind its names again
//! and again, sends each request to the less busy of two, leaves endpoints alone that fail or are
//! about to close, and repeats what may be repeated, within a budget.

use std::{
    fmt, io,
    net::SocketAddr,
    sync::{Arc, Mutex, Once, PoisonError, RwLock, Weak},
    time::Duration,
};

use axum::body::Body;
use http::{Request, Response};
use tokio::sync::Notify;
use tower::retry::budget::{Budget, TpsBudget};

use super::{
    Repeatable, UpstreamError,
    addresses::{Addresses, LookUp},
    balance::less_busy,
    body::{InMemory, ReplayableBody},
    breaker::{Pass, STATES},
    connection::POOL_IDLE,
    endpoint::{Attempt, Endpoint, Fault},
    outliers, within,
};
use kit::{deadline::Deadline, tls::Caller};

/// How often names are looked up; sooner when a connection cannot be made, and when a name was not
/// found: after this time first, and twice as long each time.
const LOOK_UP: Duration = Duration::from_secs(5);
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// Repeated requests may be so large a part of all, over ten seconds; a few are always free, so
/// that a quiet service is not left without. What is more only makes a bad moment worse.
const REPEATED: f32 = 0.2;
const REPEATED_PER_S: u32 = 1;

/// The service. Clones share connections, breakers and budget.
#[derive(Clone)]
pub struct Replicas(Arc<Shared>);

/// What all clones share.
pub(super) struct Shared {
    addresses: Addresses,
    /// For metrics and logs: the setting's first address.
    pub(super) name: String,
    look_up: LookUp,
    /// How each connection becomes one by mutual TLS; none for one in the clear.
    pub(super) tls: Option<Caller>,
    endpoints: RwLock<Arc<[Arc<Endpoint>]>>,
    pub(super) look_again: Arc<Notify>,
    budget: TpsBudget,
    /// Held while an endpoint is compared with its fellows: two at once could eject too many.
    judging: Mutex<()>,
    /// Begun with the first connection.
    closing: Once,
}

impl Replicas {
    /// Must be called in a Tokio runtime when a host is a name.
    pub(super) fn new(addresses: Addresses, look_up: LookUp, tls: Option<Caller>) -> Self {
        let fixed = addresses.hosts.iter().filter_map(|authority| {
            let address = addresses.host_and_port(authority).parse().ok()?;
            Some(Arc::new(Endpoint::new(address, authority)))
        });
        let shared = Arc::new(Shared {
            name: addresses.hosts[0].to_string(),
            look_up,
            tls,
            endpoints: RwLock::new(fixed.collect()),
            look_again: Arc::default(),
            budget: TpsBudget::new(Duration::from_secs(10), REPEATED_PER_S, REPEATED),
            judging: Mutex::default(),
            closing: Once::new(),
            addresses,
        });
        shared.publish();
        if shared.endpoints().len() < shared.addresses.hosts.len() {
            tokio::spawn(keep_looking(
                Arc::downgrade(&shared),
                shared.look_again.clone(),
            ));
        }
        Self(shared)
    }

    /// Whether another is called at the same addresses, in the same way.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        let [own, other] = [self, other].map(|it| (&it.0.addresses, it.0.tls.is_some()));
        own == other
    }

    /// As [`super::Upstream::located`].
    pub(super) fn located(&self) -> Result<(), String> {
        match self.0.endpoints().is_empty() {
            true => Err(format!("no address of {} is known", self.0.name)),
            false => Ok(()),
        }
    }

    /// As [`super::Upstream::send`].
    pub(super) async fn send(
        &self,
        request: Request<Body>,
    ) -> Result<Response<Body>, UpstreamError> {
        let shared = &self.0;
        let (mut head, body) = request.into_parts();
        let deadline = head.extensions.remove::<Deadline>();
        let mut may_repeat = head.extensions.remove::<Repeatable>().is_some();
        let body = ReplayableBody::new(body, head.extensions.remove::<InMemory>());
        shared.budget.deposit();
        if shared.endpoints().is_empty() {
            let looked = within(deadline, shared.look()).await;
            let looked = looked.unwrap_or_else(|after| Err(UpstreamError::TimedOut(after)));
            looked?;
        }

        // What it says to us is no business of the connection's.
        head.extensions = http::Extensions::new();
        let mut head = Some(head);
        let endpoints = shared.endpoints();
        let mut tried = Vec::new();
        let (mut last, mut repeats) = (None, false);
        while let Some(mut attempt) = shared.pick(&endpoints, &tried) {
            if std::mem::take(&mut repeats) {
                shared.count_repeat("sent");
            }
            let address = attempt.endpoint.address;
            let sent = match attempt.connect(deadline).await {
                Ok(connection) => {
                    let copy = if may_repeat {
                        head.clone()
                    } else {
                        head.take()
                    };
                    let copy = copy.expect("what may not be repeated is sent once");
                    attempt.send(connection, copy, &body, deadline).await
                }
                Err(fault) => Err(fault),
            };
            let fault = match sent {
                Ok(answer) => return Ok(answer),
                Err(fault) => fault,
            };
            tried.push(address);
            match fault {
                // Its other connections need not be closed as well.
                Fault::Unsent(unsent) => {
                    head = Some(*unsent);
                    tried.pop();
                }
                // Carried nothing: any other endpoint will do, whatever the request is.
                Fault::NoConnection(fault) => last = Some(fault),
                Fault::Broken(fault) if may_repeat && body.is_whole() => {
                    may_repeat = false;
                    repeats = shared.budget.withdraw();
                    tracing::debug!(%fault, service = shared.name, repeats, "to be repeated");
                    if !repeats {
                        shared.count_repeat("over_budget");
                        return Err(UpstreamError::Unreachable(fault));
                    }
                    last = Some(fault);
                    // The only endpoint may have hung up on an idle connection alone.
                    if endpoints.len() == 1 {
                        tried.clear();
                    }
                }
                Fault::Broken(fault) => return Err(UpstreamError::Unreachable(fault)),
                Fault::TimedOut(after) => return Err(UpstreamError::late(after, &body)),
            }
        }
        let paused = || "its endpoints failed and are left alone for a moment".into();
        Err(UpstreamError::Unreachable(last.unwrap_or_else(paused)))
    }
}

impl fmt::Debug for Replicas {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.0.addresses.hosts).finish()
    }
}

impl Shared {
    fn endpoints(&self) -> Arc<[Arc<Endpoint>]> {
        self.endpoints
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// An endpoint that may be used; one that is leaving only where no other is left, and then one that
    /// was worse than those.
    fn pick<'a>(
        self: &'a Arc<Self>,
        endpoints: &[Arc<Endpoint>],
        tried: &[SocketAddr],
    ) -> Option<Attempt<'a>> {
        let usable =
            |endpoint: &Endpoint| !tried.contains(&endpoint.address) && endpoint.breaker.admits();
        let mut random = fastrand::Rng::new();
        loop {
            let staying = |it: &Endpoint| usable(it) && !it.is_leaving();
            let best = less_busy(endpoints, staying, &mut random);
            let Some(best) = best.or_else(|| less_busy(endpoints, usable, &mut random)) else {
                break;
            };
            // Another request may have become the probe meanwhile: look again.
            if let Some(pass) = best.breaker.enter() {
                return Some(Attempt::new(self, best.clone(), pass));
            }
        }
        let ejected = |it: &Endpoint| !tried.contains(&it.address) && it.breaker.is_ejected();
        let best = less_busy(endpoints, ejected, &mut random)?;
        Some(Attempt::new(self, best.clone(), Pass::Usual))
    }

    /// Leaves an endpoint alone that is clearly worse than its fellows; true when it was this time.
    pub(super) fn judge(&self, suspect: &Endpoint) -> bool {
        let _judging = self.judging.lock().unwrap_or_else(PoisonError::into_inner);
        let ejected = outliers::judge(&self.endpoints(), suspect);
        if ejected {
            metrics::counter!("upstream_ejections_total", "upstream" => self.name.clone())
                .increment(1);
        }
        ejected
    }

    /// Looks all names up, and tells whether all were found. What was not keeps the addresses that it
    /// had.
    async fn look(&self) -> Result<bool, UpstreamError> {
        let known = self.endpoints();
        let mut found = Vec::<Arc<Endpoint>>::new();
        let mut last = None;
        for host in &self.addresses.hosts {
            let addresses = match (self.look_up)(self.addresses.host_and_port(host)).await {
                Ok(addresses) if !addresses.is_empty() => addresses,
                answer => {
                    let fault = answer
                        .err()
                        .unwrap_or_else(|| io::ErrorKind::NotFound.into());
                    tracing::warn!(%host, %fault, "no addresses; those known are kept");
                    last = Some(fault);
                    let own = known.iter().filter(|endpoint| endpoint.host == *host);
                    own.map(|endpoint| endpoint.address).collect()
                }
            };
            for address in addresses {
                if found.iter().all(|endpoint| endpoint.address != address) {
                    let same = known.iter().find(|endpoint| endpoint.address == address);
                    let new = || Arc::new(Endpoint::new(address, host));
                    found.push(same.cloned().unwrap_or_else(new));
                }
            }
        }
        let all_found = last.is_none();
        if let (true, Some(fault)) = (found.is_empty(), last) {
            return Err(UpstreamError::Unreachable(fault.into()));
        }
        *self
            .endpoints
            .write()
            .unwrap_or_else(PoisonError::into_inner) = found.into();
        self.publish();
        Ok(all_found)
    }

    /// Counts endpoints by their breaker's state: addresses come and go, a label for each would
    /// grow without end.
    pub(super) fn publish(&self) {
        let endpoints = self.endpoints();
        for state in STATES {
            let names = endpoints.iter().map(|endpoint| endpoint.breaker.name());
            let count = names.filter(|name| *name == state).count();
            let labels = [("upstream", self.name.clone()), ("state", state.to_owned())];
            metrics::gauge!("upstream_endpoints", &labels).set(count as f64);
        }
    }

    /// Sees to it that connections which nobody uses any more are closed.
    pub(super) fn close_idle_connections(self: &Arc<Self>) {
        let shared = Arc::downgrade(self);
        self.closing.call_once(|| {
            tokio::spawn(async move {
                while let Some(shared) = shared.upgrade() {
                    shared
                        .endpoints()
                        .iter()
                        .for_each(|it| it.pool.forget_idle());
                    drop(shared);
                    tokio::time::sleep(POOL_IDLE).await;
                }
            });
        });
    }

    fn count_repeat(&self, outcome: &'static str) {
        let labels = [
            ("upstream", self.name.clone()),
            ("outcome", outcome.to_owned()),
        ];
        metrics::counter!("upstream_repeats_total", &labels).increment(1);
    }
}

/// Looks names up now and then, until nobody uses the service any more.
async fn keep_looking(shared: Weak<Shared>, again: Arc<Notify>) {
    let mut pause = LOOK_AGAIN;
    while let Some(shared) = shared.upgrade() {
        // What went wrong was logged, and `send` tells it when there is no address at all.
        let all_found = shared.look().await.unwrap_or(false);
        drop(shared);
        let wait = if all_found { LOOK_UP } else { pause };
        pause = if all_found {
            LOOK_AGAIN
        } else {
            LOOK_UP.min(pause * 2)
        };
        let _ = tokio::time::timeout(wait, again.notified()).await;
    }
}
