//! Serving: an accept loop that refuses slow headers and too many connections, drains on demand,
//! and the admin port beside it.

mod progress;

use std::{
    cell::RefCell,
    convert::Infallible,
    io,
    net::{IpAddr, Ipv6Addr},
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{
    Router,
    extract::{Request, State},
    response::Response,
    routing::get,
};
use futures::{
    FutureExt,
    future::{BoxFuture, Either, ready as answered},
};
use http::{HeaderValue, StatusCode, header};
use hyper::{
    body::{Body as _, Incoming},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::{rt::TokioIo, server::graceful::GracefulShutdown};
use metrics::counter;
use metrics_exporter_prometheus::PrometheusHandle;
use socket2::SockRef;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
};
use tokio_io_timeout::TimeoutStream;
use tokio_util::sync::CancellationToken;
use tower::Service;

use self::progress::{HeadTimer, Progress, Stream};
use crate::share::Shares;

/// The largest head of a request from outside, in bytes. It bounds the memory of a connection whose
/// head never ends.
pub const MAX_HEAD: usize = 64 * 1024;

/// The largest head of a request from the edge, which adds to what came from outside.
pub const MAX_INNER_HEAD: usize = MAX_HEAD + 8 * 1024;

/// What the buffer has room for beside a head's lines: the method, the version and the empty line.
/// The limit is checked once all is there.
const FIRST_LINE: usize = 1024;

/// What is left of a body when it is answered is read, if it is no more than this many bytes, and
/// the connection goes on.
const READ_ANYWAY: u64 = MAX_HEAD as u64;

/// The open files that a process asks for, those that every system gives, and those it needs beside its
/// connections: databases, logs, its admin port.
const MAX_FILES: u64 = 32 * 1024;
const MIN_FILES: u64 = 256;
const RESERVED_FILES: usize = 128;

/// The most connections of one listener: each takes memory.
const MAX_CONNECTIONS: usize = 10_000;

/// How many connections one client may have to what the internet reaches: a browser opens six to a host.
pub const CLIENT_CONNECTIONS: usize = 256;

/// What the system keeps of the answers that a client has not taken yet, in bytes a connection. Left to
/// itself Linux keeps up to 4 MiB, and a few hundred clients who read nothing use up the memory of all sockets.
const SEND_BUFFER: usize = 256 * 1024;

/// How many connections an admin port takes.
pub const ADMIN_CONNECTIONS: usize = 64;

/// How often a listener that cannot accept says so.
const COMPLAIN: Duration = Duration::from_secs(10);

/// How long a service goes on after `/readyz` has begun to fail, so that whoever calls it has
/// time to notice.
pub const LINGER: Duration = Duration::from_secs(1);

/// How long a connection may be idle unless a setting says otherwise: longer than the load balancers
/// of the clouds keep theirs, which is 60 s. A request that meets a connection which is being closed is
/// lost.
pub const IDLE: Duration = Duration::from_secs(75);

/// Limits of one listener.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// How long a client may take to send a request's head, from its first byte on.
    pub header_read: Duration,
    /// The largest head of a request, in bytes: [`MAX_HEAD`] for who is called from outside.
    pub head: usize,
    /// How long a connection may be idle between two requests.
    pub idle: Duration,
    /// How many connections may be open; more wait in the listen queue.
    pub connections: usize,
    /// How many of them one client may have, by address; more are closed at once. 0 for no limit.
    pub client_connections: usize,
    /// How long a client may take none of what is written to it.
    pub write: Duration,
    /// How long after the stop new connections are still taken. Each answer says meanwhile that its
    /// connection ends (RFC 9112 §9.6), so that callers go elsewhere before nobody listens: a request
    /// on a connection that is being closed would be lost.
    pub linger: Duration,
    /// How long requests in flight may go on after the stop.
    pub drain: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            header_read: Duration::from_secs(10),
            head: MAX_INNER_HEAD,
            idle: IDLE,
            connections: connections(),
            client_connections: 0,
            write: Duration::from_secs(30),
            linger: Duration::ZERO,
            drain: Duration::from_secs(25),
        }
    }
}

/// The client at the other end of the connection: an extension of every request.
#[derive(Clone, Debug)]
pub struct Peer {
    /// Its address.
    pub address: IpAddr,
    /// The same as a header's value, made once a connection.
    pub text: HeaderValue,
}

impl From<IpAddr> for Peer {
    fn from(address: IpAddr) -> Self {
        // A listener for both families calls 203.0.113.1 ::ffff:203.0.113.1.
        let address = address.to_canonical();
        let text = HeaderValue::try_from(address.to_string());
        let text = text.expect("an address is visible ASCII");
        Self { address, text }
    }
}

/// A client's address, or the network that one customer of an internet provider holds: at least a
/// /64 (RFC 6177).
pub fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V6(address) => {
            let network = u128::from(address) & !u128::from(u64::MAX);
            Ipv6Addr::from(network).into()
        }
        address => address,
    }
}

/// The connections of one listener: a process has at most two for clients, and needs as many files for
/// its own calls.
fn connections() -> usize {
    // Shells give 256 or 1,024 unless asked, and more is to be had by asking.
    let files = rlimit::increase_nofile_limit(MAX_FILES).unwrap_or(MIN_FILES);
    let files = usize::try_from(files).unwrap_or(usize::MAX);
    (files.saturating_sub(RESERVED_FILES) / 3).clamp(1, MAX_CONNECTIONS)
}

/// What can be served. It makes no request wait for its turn ([`Service::poll_ready`]): what is too
/// much it refuses.
pub trait App:
    Service<Request, Response = Response, Error = Infallible, Future: Send> + Clone + Send + 'static
{
}

impl<S> App for S where
    S: Service<Request, Response = Response, Error = Infallible, Future: Send>
        + Clone
        + Send
        + 'static
{
}

/// Serves `app` until `stop` and a while longer, then lets requests in flight finish.
pub async fn serve(listener: TcpListener, app: impl App, limits: Limits, stop: CancellationToken) {
    let graceful = GracefulShutdown::new();
    let permits = Arc::new(Semaphore::new(limits.connections));
    let clients = Shares::new(match limits.client_connections {
        0 => usize::MAX,
        // Where files are few, nobody has most of them.
        some => some.min((limits.connections / 4).max(1)),
    });
    let mut complained: Option<Instant> = None;
    let mut http = http1::Builder::new();
    // Runs while a connection is idle; `HeadTimer` cuts it short once a head has begun.
    http.header_read_timeout(limits.idle)
        .max_buf_size(limits.head + FIRST_LINE);

    let close = async {
        stop.cancelled().await;
        tokio::time::sleep(limits.linger).await;
    };
    tokio::pin!(close);
    loop {
        let accepted = tokio::select! {
            () = &mut close => break,
            accepted = accept(&listener, &permits) => accepted,
        };
        let (stream, peer, permit) = match accepted {
            Ok(accepted) => accepted,
            Err(fault) => {
                // Out of file descriptors and the like: pass, and do not spin.
                if complained.is_none_or(|at| at.elapsed() > COMPLAIN) {
                    tracing::warn!(%fault, "cannot accept");
                    complained = Some(Instant::now());
                }
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        let Some(share) = clients.take(network(peer.address)) else {
            counter!("connections_refused_total").increment(1);
            continue;
        };
        // A connection has one request at a time, and so one app: a clone for each request would be
        // work for nothing.
        let app = RefCell::new(app.clone());
        let stop = Arc::new(stop.clone());
        let progress = Progress::new();
        let mut http = http.clone();
        http.timer(HeadTimer {
            progress: progress.clone(),
            head_read: limits.header_read,
        });
        let mut stream = TimeoutStream::new(stream);
        stream.set_write_timeout(Some(limits.write));
        let stream = TokioIo::new(Stream::new(Box::pin(stream), progress.clone()));
        let service = service_fn(move |request: http::Request<Incoming>| {
            let is_short = is_read_anyway(&request);
            let mut request = request.map(|body| progress.body(body));
            request.extensions_mut().insert(peer.clone());
            let (stop, progress) = (stop.clone(), progress.clone());
            let answer = match head_of(&request) <= limits.head {
                true => Either::Left(app.borrow_mut().call(request)),
                false => Either::Right(answered(Ok(head_too_large()))),
            };
            answer.map(move |answer| {
                let mut answer = answer.unwrap_or_else(|never| match never {});
                let is_early = progress.is_unread() && !is_short;
                if is_early || stop.is_cancelled() {
                    let close = HeaderValue::from_static("close");
                    answer.headers_mut().insert(header::CONNECTION, close);
                }
                Ok::<_, Infallible>(answer)
            })
        });
        let connection = http.serve_connection(stream, service);
        let connection = graceful.watch(connection);
        tokio::spawn(async move {
            // A client that goes away or speaks nonsense is no fault of ours.
            let _ = connection.await;
            drop((permit, share));
        });
    }

    drop(listener);
    if tokio::time::timeout(limits.drain, graceful.shutdown())
        .await
        .is_err()
    {
        tracing::warn!("requests were still running when the drain time ended");
    }
}

/// Whether the server reads what is left of the body when the answer is given.
fn is_read_anyway(request: &http::Request<Incoming>) -> bool {
    let length = request.body().size_hint().upper();
    let is_there = !request.headers().contains_key(header::EXPECT);
    is_there && length.is_some_and(|length| length <= READ_ANYWAY)
}

/// The size of a head, which may be larger than its limit: the buffer takes some more at once.
fn head_of<B>(request: &http::Request<B>) -> usize {
    let target = request.uri().path_and_query();
    let target = target.map_or(0, |target| target.as_str().len());
    let lines = request.headers().iter();
    let lines = lines.map(|(name, value)| name.as_str().len() + ": \r\n".len() + value.len());
    target + lines.sum::<usize>()
}

fn head_too_large() -> Response {
    let mut answer = Response::default();
    *answer.status_mut() = StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE;
    answer
}

async fn accept(
    listener: &TcpListener,
    permits: &Arc<Semaphore>,
) -> io::Result<(TcpStream, Peer, tokio::sync::OwnedSemaphorePermit)> {
    let permit = permits.clone().acquire_owned().await.expect("never closed");
    let (stream, peer) = listener.accept().await?;
    stream.set_nodelay(true)?;
    SockRef::from(&stream).set_send_buffer_size(SEND_BUFFER)?;
    Ok((stream, peer.ip().into(), permit))
}

/// Whether the dependencies of a service can be reached; an error says which cannot.
pub type Ready = Arc<dyn Fn() -> BoxFuture<'static, Result<(), String>> + Send + Sync>;

/// A [`Ready`] that makes this future each time.
pub fn ready<F>(check: impl Fn() -> F + Send + Sync + 'static) -> Ready
where
    F: Future<Output = Result<(), String>> + Send + 'static,
{
    Arc::new(move || Box::pin(check()))
}

/// The admin port's app: `/healthz` (alive), `/readyz` (dependencies reachable, not stopping),
/// `/metrics` (Prometheus). Never reachable through the edge. Within a Tokio runtime.
pub fn admin(ready: Vec<Ready>, metrics: PrometheusHandle, stop: CancellationToken) -> Router {
    Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(readyz))
        .route("/metrics", get(move || async move { metrics.render() }))
        .with_state(Admin {
            ready: ready.into(),
            stop,
        })
}

#[derive(Clone)]
struct Admin {
    ready: Arc<[Ready]>,
    stop: CancellationToken,
}

async fn readyz(State(admin): State<Admin>) -> (StatusCode, String) {
    if admin.stop.is_cancelled() {
        return (StatusCode::SERVICE_UNAVAILABLE, "stopping\n".to_owned());
    }
    for ready in &*admin.ready {
        if let Err(fault) = ready().await {
            return (StatusCode::SERVICE_UNAVAILABLE, format!("{fault}\n"));
        }
    }
    (StatusCode::OK, "ready\n".to_owned())
}

/// Resolves on Ctrl-C and on SIGTERM.
pub async fn stop_signal() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut term = signal(SignalKind::terminate()).expect("a process may listen to SIGTERM");
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = term.recv() => {}
        }
    }
    #[cfg(not(unix))]
    let _ = tokio::signal::ctrl_c().await;
}

/// A token that [`stop_signal`] cancels.
pub fn stop_on_signal() -> CancellationToken {
    let stop = CancellationToken::new();
    let signalled = stop.clone();
    tokio::spawn(async move {
        stop_signal().await;
        signalled.cancel();
    });
    stop
}
