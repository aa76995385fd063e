//! Serving: an accept loop that refuses slow headers and too many connections, drains on demand,
//! and the admin port beside it. A connection is served by `http1`, or by `http2` where it came over
//! TLS and asked for that; `redirect` is for a port that only names the other.

mod http1;
mod http2;
mod progress;
mod redirect;

use std::{
    convert::Infallible,
    io,
    net::{IpAddr, Ipv6Addr},
    pin::Pin,
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{
    Router,
    extract::{Request, State},
    response::Response,
    routing::get,
};
use futures::future::BoxFuture;
use http::{HeaderValue, StatusCode};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
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

pub use self::redirect::to_https;
use crate::{share::Shares, tls::Tls};

/// The largest head of a request from outside, in bytes. It bounds the memory of a connection whose
/// head never ends.
pub const MAX_HEAD: usize = 64 * 1024;

/// The largest head of a request from the edge, which adds to what came from outside.
pub const MAX_INNER_HEAD: usize = MAX_HEAD + 8 * 1024;

/// How long a client may take to agree on a TLS connection.
const HANDSHAKE: Duration = Duration::from_secs(10);

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
    /// Whether it speaks TLS to us.
    pub is_secure: bool,
}

impl From<IpAddr> for Peer {
    fn from(address: IpAddr) -> Self {
        // A listener for both families calls 203.0.113.1 ::ffff:203.0.113.1.
        let address = address.to_canonical();
        let text = HeaderValue::try_from(address.to_string());
        let text = text.expect("an address is visible ASCII");
        Self {
            address,
            text,
            is_secure: false,
        }
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

/// One connection, and what it is served with.
struct Client<A> {
    app: A,
    peer: Peer,
    limits: Limits,
    stop: CancellationToken,
    /// Tells when the listener is closed; the drain waits for it.
    closing: Watcher,
    /// For how long a browser shall come by TLS alone (RFC 6797).
    hsts: Option<HeaderValue>,
}

/// A connection's bytes; who takes none of them for too long is hung up on.
type Bytes = Pin<Box<TimeoutStream<TcpStream>>>;

/// Serves `app` until `stop` and a while longer, then lets requests in flight finish.
pub async fn serve(listener: TcpListener, app: impl App, limits: Limits, stop: CancellationToken) {
    serve_over(listener, None, app, limits, stop).await;
}

/// The same over TLS, by HTTP/2 or HTTP/1.1 as each client asks; without `tls` in the clear.
pub async fn serve_over(
    listener: TcpListener,
    tls: Option<Tls>,
    app: impl App,
    limits: Limits,
    stop: CancellationToken,
) {
    let graceful = GracefulShutdown::new();
    let permits = Arc::new(Semaphore::new(limits.connections));
    let clients = Shares::new(match limits.client_connections {
        0 => usize::MAX,
        // Where files are few, nobody has most of them.
        some => some.min((limits.connections / 4).max(1)),
    });
    let mut complained: Option<Instant> = None;

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
        let mut stream = TimeoutStream::new(stream);
        stream.set_write_timeout(Some(limits.write));
        let stream = Box::pin(stream);
        let client = Client {
            app: app.clone(),
            peer,
            limits,
            stop: stop.clone(),
            closing: graceful.watcher(),
            hsts: None,
        };
        let tls = tls.clone();
        tokio::spawn(async move {
            match tls {
                None => http1::serve(stream, client).await,
                // Boxed, so that a connection in the clear takes no memory for it.
                Some(tls) => Box::pin(secure(stream, tls, client)).await,
            }
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

/// Agrees on TLS and on a protocol (RFC 7301), and serves by that.
async fn secure<A: App>(stream: Bytes, tls: Tls, mut client: Client<A>) {
    let agreed = tokio::time::timeout(HANDSHAKE, tls.acceptor.accept(stream)).await;
    let Ok(Ok(stream)) = agreed else {
        counter!("tls_handshakes_failed_total").increment(1);
        return;
    };
    client.peer.is_secure = true;
    client.hsts = tls.hsts;
    match stream.get_ref().1.alpn_protocol() {
        Some(crate::tls::HTTP_2) => http2::serve(stream, client).await,
        _ => http1::serve(stream, client).await,
    }
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

/// What whoever looks after a service that is ready should know, a sentence.
pub type Note = Arc<dyn Fn() -> Option<String> + Send + Sync>;

/// A [`Ready`] that makes this future each time.
pub fn ready<F>(check: impl Fn() -> F + Send + Sync + 'static) -> Ready
where
    F: Future<Output = Result<(), String>> + Send + 'static,
{
    Arc::new(move || Box::pin(check()))
}

/// The admin port's app: `/healthz` (alive), `/readyz` (dependencies reachable, not stopping),
/// `/metrics` (Prometheus). Never reachable through the edge. Within a Tokio runtime.
pub fn admin(
    ready: Vec<Ready>,
    notes: Vec<Note>,
    metrics: PrometheusHandle,
    stop: CancellationToken,
) -> Router {
    Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(readyz))
        .route("/metrics", get(move || async move { metrics.render() }))
        .with_state(Admin {
            ready: ready.into(),
            notes: notes.into(),
            stop,
        })
}

#[derive(Clone)]
struct Admin {
    ready: Arc<[Ready]>,
    notes: Arc<[Note]>,
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
    let notes = admin.notes.iter().filter_map(|note| note());
    let notes = notes.map(|note| format!("{note}\n"));
    (
        StatusCode::OK,
        ["ready\n".to_owned()].into_iter().chain(notes).collect(),
    )
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
