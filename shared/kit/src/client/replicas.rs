//! A service over HTTP/1.1, at one address or several: finds the addresses behind its names again
//! and again, sends each request to the less busy of two, leaves failing endpoints alone, and
//! repeats what may be repeated, within a budget.

use std::{
    error::Error,
    fmt, io,
    net::SocketAddr,
    sync::{
        Arc, PoisonError, RwLock, Weak,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::body::Body;
use http::{
    HeaderValue, Request, Response, Uri, header,
    request::Parts,
    uri::{Authority, PathAndQuery, Scheme},
};
use hyper_util::{
    client::legacy::{self, Client, connect::HttpConnector},
    rt::{TokioExecutor, TokioTimer},
};
use tokio::sync::Notify;
use tower::retry::budget::{Budget, TpsBudget};

use super::{
    Repeatable, UpstreamError,
    addresses::{Addresses, LookUp, host_and_port},
    body::Lent,
    breaker::{Breaker, Pass, STATES},
    within,
};
use crate::{
    deadline::{DEADLINE_HEADER, Deadline},
    http::is_problem,
};

/// How long an idle connection is kept. Shorter than our servers keep theirs (`Limits::header_read`),
/// so that a request seldom meets a connection that is being closed.
const POOL_IDLE: Duration = Duration::from_secs(5);

/// How long a connection may take to be made.
const CONNECT: Duration = Duration::from_secs(1);

/// How often names are looked up; sooner when a connection cannot be made.
const LOOK_UP: Duration = Duration::from_secs(5);

/// Repeated requests may be so large a part of all, over ten seconds; a few are always free, so
/// that a quiet service is not left without. What is more only makes a bad moment worse.
const REPEATED: f32 = 0.2;
const REPEATED_PER_S: u32 = 1;

/// The service. Clones share connections, breakers and budget.
#[derive(Clone)]
pub struct Replicas(Arc<Shared>);

struct Shared {
    client: Client<HttpConnector, Body>,
    addresses: Addresses,
    /// For metrics and logs: the setting's first address.
    name: String,
    look_up: LookUp,
    endpoints: RwLock<Arc<[Arc<Endpoint>]>>,
    look_again: Arc<Notify>,
    budget: TpsBudget,
}

/// One replica.
struct Endpoint {
    address: SocketAddr,
    authority: Authority,
    /// What the setting calls it, for `Host`.
    host: Authority,
    in_flight: AtomicUsize,
    breaker: Breaker,
}

impl Replicas {
    /// Must be called in a Tokio runtime when a host is a name.
    pub(super) fn new(addresses: Addresses, look_up: LookUp) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        connector.set_connect_timeout(Some(CONNECT));
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(POOL_IDLE)
            .build(connector);
        let fixed = addresses.0.iter().filter_map(|authority| {
            let address = host_and_port(authority).parse().ok()?;
            Some(Arc::new(Endpoint::new(address, authority)))
        });
        let shared = Arc::new(Shared {
            client,
            name: addresses.0[0].to_string(),
            look_up,
            endpoints: RwLock::new(fixed.collect()),
            look_again: Arc::default(),
            budget: TpsBudget::new(Duration::from_secs(10), REPEATED_PER_S, REPEATED),
            addresses,
        });
        shared.publish();
        if shared.endpoints().len() < shared.addresses.0.len() {
            tokio::spawn(keep_looking(
                Arc::downgrade(&shared),
                shared.look_again.clone(),
            ));
        }
        Self(shared)
    }

    /// As [`super::Upstream::send`].
    pub(super) async fn send(
        &self,
        request: Request<Body>,
    ) -> Result<Response<Body>, UpstreamError> {
        let shared = &*self.0;
        let (mut head, body) = request.into_parts();
        let deadline = head.extensions.remove::<Deadline>();
        let mut may_repeat = head.extensions.remove::<Repeatable>().is_some();
        let body = Lent::new(body);
        shared.budget.deposit();
        if shared.endpoints().is_empty() {
            within(deadline, shared.look()).await?;
        }

        let endpoints = shared.endpoints();
        let mut tried = Vec::new();
        let mut last = None;
        while let Some(attempt) = shared.pick(&endpoints, &tried) {
            let endpoint = attempt.endpoint.clone();
            let fault = match attempt.send(head.clone(), &body, deadline).await {
                Ok(answer) => return Ok(answer),
                Err(fault) => fault,
            };
            tried.push(endpoint.address);
            match fault {
                // Carried nothing: any other endpoint will do, whatever the request is.
                Fault::NoConnection(fault) => last = Some(fault),
                Fault::Broken(fault) if may_repeat && body.is_whole() => {
                    may_repeat = false;
                    let allowed = shared.budget.withdraw();
                    shared.count_repeat(allowed);
                    tracing::debug!(%fault, service = shared.name, allowed, "to be repeated");
                    if !allowed {
                        return Err(UpstreamError::Unreachable(fault));
                    }
                    last = Some(fault);
                    // The only endpoint may have hung up on an idle connection alone.
                    if endpoints.len() == 1 {
                        tried.clear();
                    }
                }
                Fault::Broken(fault) => return Err(UpstreamError::Unreachable(fault)),
                Fault::TimedOut(after) => return Err(UpstreamError::TimedOut(after)),
            }
        }
        let paused = || "its endpoints failed and are left alone for a moment".into();
        Err(UpstreamError::Unreachable(last.unwrap_or_else(paused)))
    }
}

impl fmt::Debug for Replicas {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.0.addresses.0).finish()
    }
}

impl Shared {
    fn endpoints(&self) -> Arc<[Arc<Endpoint>]> {
        self.endpoints
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Of two endpoints that may be used, the one with fewer requests in flight; the two begin at a
    /// random place ("The Power of Two Choices in Randomized Load Balancing", Mitzenmacher 2001).
    fn pick<'a>(
        &'a self,
        endpoints: &[Arc<Endpoint>],
        tried: &[SocketAddr],
    ) -> Option<Attempt<'a>> {
        loop {
            let start = fastrand::usize(..endpoints.len().max(1));
            let best = endpoints[start..]
                .iter()
                .chain(&endpoints[..start])
                .filter(|endpoint| !tried.contains(&endpoint.address) && endpoint.breaker.admits())
                .take(2)
                .min_by_key(|endpoint| endpoint.in_flight.load(Ordering::Relaxed))?;
            // Another request may have taken the probe's place meanwhile: look again.
            if let Some(pass) = best.breaker.enter() {
                return Some(Attempt::new(self, best.clone(), pass));
            }
        }
    }

    /// Looks all names up. What cannot be found keeps the addresses that it had.
    async fn look(&self) -> Result<(), UpstreamError> {
        let known = self.endpoints();
        let mut found = Vec::<Arc<Endpoint>>::new();
        let mut last = None;
        for host in &self.addresses.0 {
            let addresses = match (self.look_up)(host_and_port(host)).await {
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
        if let (true, Some(fault)) = (found.is_empty(), last) {
            return Err(UpstreamError::Unreachable(fault.into()));
        }
        *self
            .endpoints
            .write()
            .unwrap_or_else(PoisonError::into_inner) = found.into();
        self.publish();
        Ok(())
    }

    /// Counts endpoints by their breaker's state: addresses come and go, a label for each would
    /// grow without end.
    fn publish(&self) {
        let endpoints = self.endpoints();
        for state in STATES {
            let names = endpoints.iter().map(|endpoint| endpoint.breaker.name());
            let count = names.filter(|name| *name == state).count();
            let labels = [("upstream", self.name.clone()), ("state", state.to_owned())];
            metrics::gauge!("upstream_endpoints", &labels).set(count as f64);
        }
    }

    fn count_repeat(&self, allowed: bool) {
        let outcome = if allowed { "sent" } else { "over_budget" };
        let labels = [
            ("upstream", self.name.clone()),
            ("outcome", outcome.to_owned()),
        ];
        metrics::counter!("upstream_repeats_total", &labels).increment(1);
    }
}

/// Looks names up now and then, until nobody uses the service any more.
async fn keep_looking(shared: Weak<Shared>, again: Arc<Notify>) {
    while let Some(shared) = shared.upgrade() {
        // What went wrong was logged, and `send` tells it when there is no address at all.
        let _ = shared.look().await;
        drop(shared);
        let _ = tokio::time::timeout(LOOK_UP, again.notified()).await;
    }
}

impl Endpoint {
    fn new(address: SocketAddr, host: &Authority) -> Self {
        let authority = address.to_string();
        Self {
            address,
            authority: authority.parse().expect("a socket address is an authority"),
            host: host.clone(),
            in_flight: AtomicUsize::new(0),
            breaker: Breaker::new(),
        }
    }
}

/// Why an endpoint gave no answer.
enum Fault {
    NoConnection(Box<dyn Error + Send + Sync>),
    Broken(Box<dyn Error + Send + Sync>),
    TimedOut(Duration),
}

/// One request on its way to one endpoint.
struct Attempt<'a> {
    shared: &'a Shared,
    endpoint: Arc<Endpoint>,
    pass: Pass,
    settled: bool,
}

impl<'a> Attempt<'a> {
    fn new(shared: &'a Shared, endpoint: Arc<Endpoint>, pass: Pass) -> Self {
        endpoint.in_flight.fetch_add(1, Ordering::Relaxed);
        if pass == Pass::Probe {
            shared.publish();
        }
        Self {
            shared,
            endpoint,
            pass,
            settled: false,
        }
    }

    async fn send(
        mut self,
        mut head: Parts,
        body: &Lent,
        deadline: Option<Deadline>,
    ) -> Result<Response<Body>, Fault> {
        let mut uri = std::mem::take(&mut head.uri).into_parts();
        uri.scheme = Some(Scheme::HTTP);
        uri.authority = Some(self.endpoint.authority.clone());
        uri.path_and_query
            .get_or_insert_with(|| PathAndQuery::from_static("/"));
        head.uri = Uri::from_parts(uri).expect("scheme, authority and path are there");
        let host = HeaderValue::from_str(self.endpoint.host.as_str());
        let host = host.expect("an authority is visible ASCII");
        head.headers.insert(header::HOST, host);
        if let Some(deadline) = deadline {
            head.headers.insert(DEADLINE_HEADER, deadline.header());
        }

        let request = Request::from_parts(head, body.lend());
        match within(deadline, async {
            Ok(self.shared.client.request(request).await)
        })
        .await
        {
            Ok(Ok(answer)) => {
                let answer = answer.map(Body::new);
                // Not from our code: a proxy before it, or what is left of it.
                let broken = answer.status().is_server_error() && !is_problem(&answer);
                self.settle(!broken);
                Ok(answer)
            }
            Ok(Err(fault)) if fault.is_connect() => {
                self.settle(false);
                self.shared.look_again.notify_one();
                Err(Fault::NoConnection(fault.into()))
            }
            Ok(Err(fault)) => {
                // A client whose body breaks off says nothing about the service.
                if !is_by_client(&fault) {
                    self.settle(false);
                }
                Err(Fault::Broken(fault.into()))
            }
            Err(UpstreamError::TimedOut(after)) => {
                // Nor does a client who sends its body slowly.
                if body.has_ended() {
                    self.settle(false);
                }
                Err(Fault::TimedOut(after))
            }
            Err(UpstreamError::Unreachable(fault)) => Err(Fault::Broken(fault)),
        }
    }

    fn settle(&mut self, success: bool) {
        self.settled = true;
        let breaker = &self.endpoint.breaker;
        let before = breaker.name();
        if success {
            breaker.succeeded();
        } else if breaker.failed() {
            let (service, address) = (&self.shared.name, self.endpoint.address);
            tracing::warn!(service, %address, "failing, left alone for a moment");
        }
        if breaker.name() != before {
            self.shared.publish();
        }
    }
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        self.endpoint.in_flight.fetch_sub(1, Ordering::Relaxed);
        if !self.settled && self.pass == Pass::Probe {
            self.endpoint.breaker.abandoned();
        }
    }
}

fn is_by_client(fault: &legacy::Error) -> bool {
    let cause = fault.source();
    cause
        .and_then(|cause| cause.downcast_ref::<hyper::Error>())
        .is_some_and(hyper::Error::is_user)
}
