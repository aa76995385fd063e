//! A service of a test on a port of its own, that does what the test says and counts.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    http::{Method, Response, StatusCode},
};
use client::{Upstream, UpstreamError};
use kit::serve;
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};

/// A running service. It answers with its request's body until it is told otherwise.
pub(crate) struct Replica {
    pub(crate) address: SocketAddr,
    behaviour: Behaviour,
    stop: CancellationToken,
    _stopped: DropGuard,
}

#[derive(Clone, Default)]
struct Behaviour {
    requests: Arc<AtomicUsize>,
    fails: Arc<AtomicUsize>,
    fails_every: Arc<AtomicUsize>,
    takes_ms: Arc<AtomicU64>,
    hangs: Arc<AtomicBool>,
}

impl Replica {
    pub(crate) async fn start() -> Self {
        let behaviour = Behaviour::default();
        let app = Router::new().fallback(answer).with_state(behaviour.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let stop = CancellationToken::new();
        let limits = serve::Limits {
            linger: Duration::from_secs(60),
            ..serve::Limits::default()
        };
        tokio::spawn(serve::serve(listener, app, limits, stop.clone()));
        Self {
            address,
            behaviour,
            _stopped: stop.clone().drop_guard(),
            stop,
        }
    }

    /// How many requests have come so far.
    pub(crate) fn requests(&self) -> usize {
        self.behaviour.requests.load(Ordering::SeqCst)
    }

    /// Answers so many requests with a plain 500.
    pub(crate) fn fail(&self, requests: usize) {
        self.behaviour.fails.store(requests, Ordering::SeqCst);
    }

    /// Answers one of so many requests with a plain 500.
    pub(crate) fn fail_every(&self, requests: usize) {
        let every = &self.behaviour.fails_every;
        every.store(requests, Ordering::SeqCst);
    }

    /// Takes its time for each answer.
    pub(crate) fn take(&self, time: Duration) {
        let ms = time.as_millis() as u64;
        self.behaviour.takes_ms.store(ms, Ordering::SeqCst);
    }

    /// Is told to stop; it goes on for a while.
    pub(crate) fn leave(&self) {
        self.stop.cancel();
    }

    /// Answers nothing any more.
    pub(crate) fn hang(&self) {
        self.behaviour.hangs.store(true, Ordering::SeqCst);
    }
}

async fn answer(State(behaviour): State<Behaviour>, request: Request) -> Response<Body> {
    let body = axum::body::to_bytes(request.into_body(), usize::MAX).await;
    let Ok(body) = body else {
        return Response::new(Body::empty());
    };
    let request = behaviour.requests.fetch_add(1, Ordering::SeqCst);
    let takes_ms = behaviour.takes_ms.load(Ordering::SeqCst);
    tokio::time::sleep(Duration::from_millis(takes_ms)).await;
    if behaviour.hangs.load(Ordering::SeqCst) {
        std::future::pending::<()>().await;
    }
    let mut answer = Response::new(Body::from(body));
    let (set, fetch) = (Ordering::SeqCst, Ordering::SeqCst);
    let failing = behaviour
        .fails
        .fetch_update(set, fetch, |left| left.checked_sub(1));
    let every = behaviour.fails_every.load(Ordering::SeqCst);
    if failing.is_ok() || request.checked_rem(every) == Some(0) {
        *answer.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
    }
    answer
}

/// The service at these addresses.
pub(crate) fn at(addresses: &[SocketAddr]) -> Upstream {
    let urls = addresses.iter().map(|address| format!("http://{address}"));
    Upstream::http(urls.collect::<Vec<_>>().join(",").parse().unwrap())
}

/// An address where nobody listens.
pub(crate) async fn nobody() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    listener.local_addr().unwrap()
}

pub(crate) fn get() -> Request {
    request(Method::GET, Body::empty())
}

pub(crate) fn request(method: Method, body: Body) -> Request {
    let request = Request::builder().method(method).uri("/plants");
    request.body(body).unwrap()
}

/// Sends a `GET`; the status of its answer.
pub(crate) async fn ask(upstream: &Upstream) -> Result<u16, UpstreamError> {
    Ok(upstream.send(get()).await?.status().as_u16())
}
