//! Calling another service: in the same process through its router, elsewhere over HTTP.
//!
//! [`Upstream`] is what the edge forwards to, a [`tower::Service`]; [`Neighbour`] adds what a service needs to call
//! another: a caller token, JSON, a time-out, and errors that say whose fault it was. `replicas`
//! holds what several endpoints need: balance, breakers, a budget for repeating; `function` a service that is invoked. Beneath `replicas`, `balance` picks
//! the less busy of two, `breaker` and `outliers` leave endpoints alone.

mod addresses;
mod balance;
mod body;
mod breaker;
mod connection;
mod endpoint;
#[cfg(feature = "lambda")]
mod function;
mod outliers;
mod replicas;
mod settings;

use std::{
    error::Error,
    fmt,
    task::{Context, Poll},
    time::{Duration, Instant},
};

use axum::{Router, body::Body};
use body::{InMemory, ReplayableBody};
use bytes::Bytes;
use futures::future::BoxFuture;
use http::{HeaderValue, Method, Request, Response, header};
use http_body_util::{BodyExt, Limited};
use serde::{Serialize, de::DeserializeOwned};
use tower::ServiceExt;

pub use addresses::{Addresses, BadAddresses, LookUp};
#[cfg(feature = "lambda")]
pub use function::{BadFunction, Function, FunctionAddress};
pub use replicas::Replicas;
pub use settings::NeighbourConfig;

use kit::{
    deadline::Deadline,
    http::ProblemBody,
    identity::{CALLER_HEADER, Caller, Minter},
    tls::{Identity, Outside},
    trace::{self, Kind, Span},
};

/// The largest answer that is read from a neighbour, in bytes.
const MAX_ANSWER: usize = 4 * 1024 * 1024;

/// Where a service is. Clones share connections.
#[derive(Clone)]
pub enum Upstream {
    /// In this process.
    InProcess(Router),
    /// Over HTTP/1.1, at one address or several.
    Http(Replicas),
    /// A function of AWS Lambda.
    #[cfg(feature = "lambda")]
    Function(Function),
}

/// Why no answer came.
#[derive(Debug, thiserror::Error)]
pub enum UpstreamError {
    /// No connection, or it broke before the answer's head.
    #[error("the service cannot be reached: {0}")]
    Unreachable(#[source] Box<dyn Error + Send + Sync>),
    /// No answer within the time allowed.
    #[error("the service did not answer within {0:?}")]
    TimedOut(Duration),
    /// The service was still waiting for the request's body when the time allowed was over.
    #[error("the request's body did not arrive within {0:?}")]
    BodyTimedOut(Duration),
}

impl UpstreamError {
    /// Nothing came within this time: because of the body's sender, or of the service.
    fn late(after: Duration, body: &ReplayableBody) -> Self {
        match body.is_awaited() {
            true => Self::BodyTimedOut(after),
            false => Self::TimedOut(after),
        }
    }
}

/// Marks a request that may be sent again, once, where it is not known whether it was carried out:
/// an extension of the request. One whose body was read already is not sent again, unless the body
/// is still in memory, as a [`Neighbour`]'s is.
#[derive(Clone, Copy, Debug)]
pub struct Repeatable;

impl Upstream {
    /// A service at these addresses. Must be called in a Tokio runtime when a host is a name.
    pub fn http(addresses: Addresses) -> Self {
        Self::http_with(addresses, addresses::system())
    }

    /// The same, with another way to find the addresses behind a name.
    pub fn http_with(addresses: Addresses, look_up: LookUp) -> Self {
        Self::Http(Replicas::new(addresses, look_up, None))
    }

    /// The service of this name at these addresses: by mutual TLS where they are `https`, for which
    /// the caller needs an `identity`; else in the clear.
    pub fn reach(
        service: &str,
        addresses: Addresses,
        identity: Option<&Identity>,
    ) -> Result<Self, String> {
        if !addresses.is_https {
            return Ok(Self::http(addresses));
        }
        let identity = identity.ok_or("https is for who has an identity_certificate")?;
        let tls = Some(identity.caller(service)?);
        let replicas = Replicas::new(addresses, addresses::system(), tls);
        Ok(Self::Http(replicas))
    }

    /// A server that is none of the shop's: by TLS where its address is `https`, trusted as the system trusts it; else in
    /// the clear.
    pub fn outside(addresses: Addresses) -> Result<Self, String> {
        if !addresses.is_https {
            return Ok(Self::http(addresses));
        }
        let tls = Outside::new(None)?.caller(addresses.hosts[0].host())?;
        let replicas = Replicas::new(addresses, addresses::system(), Some(tls));
        Ok(Self::Http(replicas))
    }

    /// The function of a setting's address, `lambda:<region>/<function>`.
    #[cfg(feature = "lambda")]
    pub fn function(address: &str) -> Result<Self, String> {
        let address = address.parse::<FunctionAddress>();
        let address = address.map_err(|fault| fault.to_string())?;
        Ok(Self::Function(Function::new(address)))
    }

    /// The same: not here.
    #[cfg(not(feature = "lambda"))]
    pub fn function(_: &str) -> Result<Self, String> {
        Err("lambda: expected a program with the feature lambda".into())
    }

    /// Becomes the one `before` where that is at the same addresses: with its connections and breakers.
    pub fn keep(&mut self, before: &Self) {
        if let (Self::Http(own), Self::Http(known)) = (&*self, before)
            && own.is_same(known)
        {
            *self = before.clone();
        }
        #[cfg(feature = "lambda")]
        if let (Self::Function(own), Self::Function(known)) = (&*self, before)
            && own.is_same(known)
        {
            *self = before.clone();
        }
    }

    /// Whether it has had an address, so that a request can be sent; otherwise which has none.
    pub fn located(&self) -> Result<(), String> {
        match self {
            Self::InProcess(_) => Ok(()),
            Self::Http(replicas) => replicas.located(),
            #[cfg(feature = "lambda")]
            Self::Function(_) => Ok(()),
        }
    }

    /// Sends a request whose URI has just path and query; the answer's body streams. The
    /// request's extensions say when the answer's head is of no more use ([`Deadline`], which
    /// the service is told too) and whether it may be sent twice ([`Repeatable`]).
    pub async fn send(&self, request: Request<Body>) -> Result<Response<Body>, UpstreamError> {
        match self {
            Self::InProcess(router) => {
                let (head, body) = request.into_parts();
                let deadline = head.extensions.get().copied();
                let body = ReplayableBody::new(body, None);
                let request = Request::from_parts(head, body.attempt());
                let answer = within(deadline, router.clone().oneshot(request)).await;
                let answer = answer.map_err(|after| UpstreamError::late(after, &body))?;
                Ok(answer.unwrap_or_else(|never| match never {}))
            }
            Self::Http(replicas) => replicas.send(request).await,
            #[cfg(feature = "lambda")]
            Self::Function(function) => function.send(request).await,
        }
    }
}

/// A service of the tower kind, which is always ready: what limits it is the deadline.
impl tower::Service<Request<Body>> for Upstream {
    type Response = Response<Body>;
    type Error = UpstreamError;
    type Future = BoxFuture<'static, Result<Response<Body>, UpstreamError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), UpstreamError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let upstream = self.clone();
        Box::pin(async move { upstream.send(request).await })
    }
}

/// Runs `work` until the deadline, if there is one; fails with the time that it was given.
async fn within<F: Future>(deadline: Option<Deadline>, work: F) -> Result<F::Output, Duration> {
    let Some(deadline) = deadline else {
        return Ok(work.await);
    };
    let left = deadline.left();
    let worked = tokio::time::timeout_at(deadline.instant(), work).await;
    worked.map_err(|_| left)
}

impl fmt::Debug for Upstream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InProcess(_) => f.write_str("in process"),
            Self::Http(replicas) => replicas.fmt(f),
            #[cfg(feature = "lambda")]
            Self::Function(function) => function.fmt(f),
        }
    }
}

/// Another service, as its neighbour sees it.
#[derive(Clone)]
pub struct Neighbour {
    upstream: Upstream,
    minter: Minter,
    caller: Caller,
    timeout: Duration,
}

/// Why a neighbour's answer cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum NeighbourError {
    /// It refused: a problem document with a 4xx status.
    #[error("refused: {} {}", .0.status, .0.kind)]
    Refused(Box<ProblemBody>),
    /// It failed, or did not answer; whether it acted is unknown.
    #[error("unavailable: {0}")]
    Unavailable(#[source] Box<dyn Error + Send + Sync>),
}

impl NeighbourError {
    /// The slug of the problem it refused with.
    pub fn refusal(&self) -> Option<&str> {
        match self {
            Self::Refused(problem) => problem.kind.strip_prefix("/problems/"),
            Self::Unavailable(_) => None,
        }
    }
}

impl Neighbour {
    /// The service behind `upstream`, called in the name of `own_name`, each call within `timeout`
    /// and within the deadline of the request that it serves.
    pub fn new(upstream: Upstream, minter: Minter, own_name: &str, timeout: Duration) -> Self {
        Self {
            upstream,
            minter,
            // The same in each call, so that one token serves many.
            caller: Caller {
                issuer: own_name.into(),
                ..Caller::default()
            },
            timeout,
        }
    }

    /// As [`Upstream::located`].
    pub fn located(&self) -> Result<(), String> {
        self.upstream.located()
    }

    /// Sends `body` as JSON and reads the answer as JSON. What HTTP calls idempotent is sent again,
    /// once, when its connection broke (RFC 9110 §9.2.2), body and all. The neighbour's work belongs
    /// to the trace at hand.
    pub async fn call<B: Serialize, T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: &B,
    ) -> Result<T, NeighbourError> {
        let neighbour = self.minter.audience();
        let mut span = Span::start(&self.caller.issuer, Kind::Client, trace::current(), || {
            format!("{method} {neighbour}")
        });
        span.set("http.request.method", method.to_string());
        span.set("server.address", neighbour.clone());
        let started = Instant::now();
        let answer = trace::within(Some(span.trace()), self.timed(method, path, body)).await;
        let outcome = match &answer {
            Ok(_) => "done",
            Err(NeighbourError::Refused(_)) => "refused",
            Err(NeighbourError::Unavailable(_)) => {
                span.fail("unavailable");
                "unavailable"
            }
        };
        metrics::histogram!(
            "neighbour_call_seconds",
            "caller" => self.caller.issuer.clone(),
            "neighbour" => neighbour.clone(),
            "outcome" => outcome,
        )
        .record(started.elapsed());
        answer
    }

    async fn timed<B: Serialize, T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: &B,
    ) -> Result<T, NeighbourError> {
        let deadline = Deadline::within(self.timeout);
        let exchange = self.exchange(method, path, body, deadline);
        let exchange = within(Some(deadline), exchange).await;
        exchange.unwrap_or_else(|after| Err(unavailable(UpstreamError::TimedOut(after))))
    }

    async fn exchange<B: Serialize, T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: &B,
        deadline: Deadline,
    ) -> Result<T, NeighbourError> {
        let body = Bytes::from(serde_json::to_vec(body).map_err(unavailable)?);
        let repeatable = method.is_idempotent();
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(CALLER_HEADER, self.minter.mint(self.caller.clone()))
            .header(
                header::CONTENT_TYPE,
                HeaderValue::from_static("application/json"),
            )
            .body(Body::from(body.clone()))
            .map_err(unavailable)?;
        if let Some(trace) = trace::current() {
            trace.tell(request.headers_mut());
        }
        request.extensions_mut().insert(deadline);
        if repeatable {
            request.extensions_mut().insert(Repeatable);
            request.extensions_mut().insert(InMemory(body));
        }

        let (head, body) = self
            .upstream
            .send(request)
            .await
            .map_err(unavailable)?
            .into_parts();
        let body = Limited::new(body, MAX_ANSWER).collect().await;
        let body = body.map_err(NeighbourError::Unavailable)?.to_bytes();
        if head.status.is_success() {
            // A neighbour without an answer says 204; `()` reads from JSON's null.
            let body = if body.is_empty() { &b"null"[..] } else { &body };
            return serde_json::from_slice(body).map_err(unavailable);
        }
        match serde_json::from_slice::<ProblemBody>(&body) {
            // Not being trusted is a fault of our deployment, not a refusal of what was asked.
            Ok(problem) if head.status.is_client_error() && head.status != 401 => {
                Err(NeighbourError::Refused(Box::new(problem)))
            }
            _ => Err(unavailable(Failed(head.status))),
        }
    }
}

#[derive(Debug, thiserror::Error)]
#[error("answered {0}")]
struct Failed(http::StatusCode);

fn unavailable(fault: impl Into<Box<dyn Error + Send + Sync>>) -> NeighbourError {
    NeighbourError::Unavailable(fault.into())
}
