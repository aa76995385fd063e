//! One replica of a service, and one attempt to get an answer from it: counted while it runs, its time and
//! outcome told to the balance and the breaker.

use std::{
    error::Error,
    net::SocketAddr,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::body::Body;
use http::{HeaderValue, Request, Response, Uri, header, request::Parts, uri::Authority};
use tokio::time::Instant;

use super::{
    balance::Latency,
    body::ReplayableBody,
    breaker::{Breaker, Pass},
    connection::{Connection, Pool},
    replicas::Shared,
    within,
};
use kit::{
    deadline::{DEADLINE_HEADER, Deadline},
    http::is_problem,
    serve::LINGER,
};

/// How long one that closes its connections is spared: longer than our servers go on listening.
const SPARED: Duration = LINGER.saturating_mul(2);

/// Who is given less time than this says nothing about a service that does not answer within it.
const LEAST: Duration = Duration::from_millis(50);

/// One replica.
pub(super) struct Endpoint {
    pub(super) address: SocketAddr,
    /// What the setting calls it.
    pub(super) host: Authority,
    host_header: HeaderValue,
    pub(super) pool: Pool,
    pub(super) in_flight: AtomicUsize,
    pub(super) latency: Latency,
    pub(super) breaker: Breaker,
    spared_until: Mutex<Option<Instant>>,
}

impl Endpoint {
    pub(super) fn new(address: SocketAddr, host: &Authority) -> Self {
        Self {
            address,
            host: host.clone(),
            host_header: HeaderValue::from_str(host.as_str())
                .expect("an authority is visible ASCII"),
            pool: Pool::default(),
            in_flight: AtomicUsize::new(0),
            latency: Latency::new(),
            breaker: Breaker::new(),
            spared_until: Mutex::new(None),
        }
    }

    /// How many requests wait for its answer.
    pub(super) fn in_flight(&self) -> usize {
        self.in_flight.load(Ordering::Relaxed)
    }

    /// Whether it said a moment ago that it closes its connections, as it does when it is told to
    /// stop. A request that it gets then may be lost.
    pub(super) fn is_leaving(&self) -> bool {
        let spared_until = self.spared_until.lock();
        let spared_until = *spared_until.unwrap_or_else(PoisonError::into_inner);
        spared_until.is_some_and(|until| Instant::now() < until)
    }

    /// Notes whether its latest answer was the last one on its connection.
    fn answered(&self, closes: bool) {
        let spared_until = self.spared_until.lock();
        let mut spared_until = spared_until.unwrap_or_else(PoisonError::into_inner);
        *spared_until = closes.then(|| Instant::now() + SPARED);
    }
}

/// Why an endpoint gave no answer.
pub(super) enum Fault {
    /// No connection was made, so nothing was sent.
    NoConnection(Box<dyn Error + Send + Sync>),
    /// The connection had been closed while it was idle; this was not sent.
    Unsent(Box<Parts>),
    /// It broke; how far the request came is not known.
    Broken(Box<dyn Error + Send + Sync>),
    /// It took longer than it was given.
    TimedOut(Duration),
}

/// What one attempt says of its endpoint.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Good,
    /// It answers, and says itself that it failed.
    Failed,
    /// No answer, or none of our code.
    Broken,
}

/// One request on its way to one endpoint.
pub(super) struct Attempt<'a> {
    shared: &'a Arc<Shared>,
    pub(super) endpoint: Arc<Endpoint>,
    pass: Pass,
    settled: bool,
}

impl<'a> Attempt<'a> {
    pub(super) fn new(shared: &'a Arc<Shared>, endpoint: Arc<Endpoint>, pass: Pass) -> Self {
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

    /// A connection to send a request on.
    pub(super) async fn connect(
        &mut self,
        deadline: Option<Deadline>,
    ) -> Result<Connection, Fault> {
        if let Some(idle) = self.endpoint.pool.take() {
            return Ok(idle);
        }
        let opening = Connection::open(self.endpoint.address, self.shared.tls.as_ref());
        match within(deadline, opening).await {
            Ok(Ok(connection)) => {
                self.shared.close_idle_connections();
                Ok(connection)
            }
            Ok(Err(fault)) => {
                self.settle(Outcome::Broken);
                self.shared.look_again.notify_one();
                Err(Fault::NoConnection(fault))
            }
            Err(after) => Err(self.late(after)),
        }
    }

    /// Sends a request.
    pub(super) async fn send(
        mut self,
        connection: Connection,
        mut head: Parts,
        body: &ReplayableBody,
        deadline: Option<Deadline>,
    ) -> Result<Response<Body>, Fault> {
        if head.uri.authority().is_some() {
            let path = head.uri.path_and_query().cloned();
            head.uri = path.map_or_else(Uri::default, Uri::from);
        }
        head.headers
            .insert(header::HOST, self.endpoint.host_header.clone());
        if let Some(deadline) = deadline {
            head.headers.insert(DEADLINE_HEADER, deadline.header());
        }
        let was_used = connection.was_used;
        let started = Instant::now();
        let request = Request::from_parts(head, body.attempt());
        let answer = connection.send(request, &self.endpoint.pool);
        match within(deadline, answer).await {
            Ok(Ok(answer)) => {
                let answer = answer.map(Body::new);
                let outcome = match answer.status().is_server_error() {
                    false => Outcome::Good,
                    true if is_problem(&answer) => Outcome::Failed,
                    // Not from our code: a proxy before it, or what is left of it.
                    true => Outcome::Broken,
                };
                // How long a client takes for its body is not the endpoint's doing.
                if !body.was_awaited() {
                    let failed = outcome != Outcome::Good;
                    self.endpoint.latency.note(started.elapsed(), failed);
                }
                self.settle(outcome);
                self.endpoint.answered(closes(&answer));
                Ok(answer)
            }
            Ok(Err(mut fault)) => {
                if let Some(unsent) = fault.take_message()
                    && was_used
                {
                    return Err(Fault::Unsent(Box::new(unsent.into_parts().0)));
                }
                let fault = fault.into_error();
                // A client whose body breaks off says nothing about the service.
                if !fault.is_user() {
                    self.settle(Outcome::Broken);
                }
                Err(Fault::Broken(fault.into()))
            }
            // Nor does a client who sends its body slowly.
            Err(after) if body.is_awaited() => Err(Fault::TimedOut(after)),
            Err(after) => Err(self.late(after)),
        }
    }

    fn late(&mut self, after: Duration) -> Fault {
        // Who comes late says nothing about the service either.
        if after >= LEAST {
            self.endpoint.latency.note(after, true);
            self.settle(Outcome::Broken);
        }
        Fault::TimedOut(after)
    }

    fn settle(&mut self, outcome: Outcome) {
        self.settled = true;
        let (service, address) = (&self.shared.name, self.endpoint.address);
        let breaker = &self.endpoint.breaker;
        let before = breaker.name();
        breaker.note(outcome != Outcome::Good);
        if outcome != Outcome::Broken {
            breaker.succeeded();
        } else if breaker.failed() {
            tracing::warn!(service, %address, "failing, left alone for a moment");
        }
        if outcome != Outcome::Good && self.shared.judge(&self.endpoint) {
            tracing::warn!(service, %address, "failing more often than others, left alone for a while");
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

/// Whether it is the last answer on its connection (RFC 9112 §9.6).
fn closes(answer: &Response<Body>) -> bool {
    let connection = answer.headers().get(header::CONNECTION);
    connection.is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"close"))
}
