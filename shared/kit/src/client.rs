//! Calling another service: in the same process through its router, elsewhere over HTTP.
//!
//! [`Upstream`] is what the edge forwards to; [`Neighbour`] adds what a service needs to call
//! another: a caller token, JSON, a time-out, and errors that say whose fault it was.

use std::{
    error::Error,
    fmt,
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{Router, body::Body};
use http::{HeaderValue, Method, Request, Response, Uri, header};
use http_body_util::{BodyExt, Limited};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::{TokioExecutor, TokioTimer},
};
use serde::{Serialize, de::DeserializeOwned};
use tower::ServiceExt;

use crate::{
    http::ProblemBody,
    identity::{CALLER_HEADER, Caller, Minter},
    trace::{self, Kind, Span},
};

/// The largest answer that is read from a neighbour, in bytes.
const MAX_ANSWER: usize = 4 * 1024 * 1024;

/// How long an idle connection is kept. Shorter than our servers keep theirs (`Limits::header_read`),
/// so that a request seldom meets a connection that is being closed.
const POOL_IDLE: Duration = Duration::from_secs(5);

/// Where a service is. Clones share connections.
#[derive(Clone)]
pub enum Upstream {
    /// In this process.
    InProcess(Router),
    /// Over HTTP/1.1 at this authority, with pooled connections.
    Http(Client<HttpConnector, Body>, Uri),
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
}

impl Upstream {
    /// A service at `base`, e.g. `http://catalog:8082`.
    pub fn http(base: Uri) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        connector.set_connect_timeout(Some(Duration::from_secs(1)));
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(POOL_IDLE)
            .build(connector);
        Self::Http(client, base)
    }

    /// Sends a request whose URI has just path and query; the answer's body streams.
    pub async fn send(&self, mut request: Request<Body>) -> Result<Response<Body>, UpstreamError> {
        match self {
            Self::InProcess(router) => Ok(router
                .clone()
                .oneshot(request)
                .await
                .unwrap_or_else(|never| match never {})),
            Self::Http(client, base) => {
                *request.uri_mut() = join(base, request.uri());
                request.headers_mut().remove(header::HOST);
                let answer = client.request(request).await;
                let answer = answer.map_err(|fault| UpstreamError::Unreachable(fault.into()))?;
                Ok(answer.map(Body::new))
            }
        }
    }
}

impl fmt::Debug for Upstream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InProcess(_) => f.write_str("in process"),
            Self::Http(_, base) => write!(f, "{base}"),
        }
    }
}

fn join(base: &Uri, path: &Uri) -> Uri {
    let mut parts = base.clone().into_parts();
    parts.path_and_query = path.path_and_query().cloned();
    Uri::from_parts(parts).expect("a base URI has scheme and authority")
}

/// Another service, as its neighbour sees it.
#[derive(Clone)]
pub struct Neighbour {
    upstream: Upstream,
    minter: Minter,
    own_name: Arc<str>,
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
    /// The service behind `upstream`, called in the name of `own_name`, each call within `timeout`.
    pub fn new(upstream: Upstream, minter: Minter, own_name: &str, timeout: Duration) -> Self {
        Self {
            upstream,
            minter,
            own_name: own_name.into(),
            timeout,
        }
    }

    /// Sends `body` as JSON and reads the answer as JSON. The neighbour's work belongs to the trace
    /// at hand.
    pub async fn call<B: Serialize, T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: &B,
    ) -> Result<T, NeighbourError> {
        let neighbour = self.minter.audience();
        let mut span = Span::start(&self.own_name, Kind::Client, trace::current(), || {
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
            "caller" => self.own_name.clone(),
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
        let exchange = tokio::time::timeout(self.timeout, self.exchange(method, path, body));
        let timed_out =
            |_| NeighbourError::Unavailable(UpstreamError::TimedOut(self.timeout).into());
        exchange.await.map_err(timed_out)?
    }

    async fn exchange<B: Serialize, T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: &B,
    ) -> Result<T, NeighbourError> {
        let body = serde_json::to_vec(body).map_err(unavailable)?;
        let caller = Caller {
            issuer: self.own_name.clone(),
            subject: None,
            groups: Vec::new(),
            route: path.into(),
        };
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(CALLER_HEADER, self.minter.mint(caller))
            .header(
                header::CONTENT_TYPE,
                HeaderValue::from_static("application/json"),
            )
            .body(Body::from(body))
            .map_err(unavailable)?;
        if let Some(trace) = trace::current() {
            trace.tell(request.headers_mut());
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
