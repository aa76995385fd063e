//! Serving: an accept loop that refuses slow headers and too many connections, drains on demand,
//! and the admin port beside it.

use std::{cell::RefCell, convert::Infallible, io, net::IpAddr, sync::Arc, time::Duration};

use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    response::Response,
    routing::get,
};
use futures::{FutureExt, future::BoxFuture};
use http::{HeaderValue, StatusCode, header};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
};
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
};
use tokio_util::sync::CancellationToken;
use tower::Service;

/// The largest head of a request, and what is read of a body at once, in bytes. It bounds the
/// memory of a connection whose head never ends.
const MAX_HEAD: usize = 64 * 1024;

/// How long a service goes on after `/readyz` has begun to fail, so that whoever calls it has
/// time to notice.
pub const LINGER: Duration = Duration::from_secs(1);

/// Limits of one listener.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// How long a client may take to send a request's head.
    pub header_read: Duration,
    /// How many connections may be open; more wait in the listen queue.
    pub connections: usize,
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
            connections: 10_000,
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
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(limits.header_read)
        .max_buf_size(MAX_HEAD);

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
                tracing::warn!(%fault, "cannot accept");
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        // A connection has one request at a time, and so one app: a clone for each request would be
        // work for nothing.
        let app = RefCell::new(app.clone());
        let stop = Arc::new(stop.clone());
        let service = service_fn(move |request: http::Request<Incoming>| {
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(peer.clone());
            let stop = stop.clone();
            app.borrow_mut().call(request).map(move |answer| {
                let mut answer = answer.unwrap_or_else(|never| match never {});
                if stop.is_cancelled() {
                    let close = HeaderValue::from_static("close");
                    answer.headers_mut().insert(header::CONNECTION, close);
                }
                Ok::<_, Infallible>(answer)
            })
        });
        let connection = http.serve_connection(TokioIo::new(stream), service);
        let connection = graceful.watch(connection);
        tokio::spawn(async move {
            // A client that goes away or speaks nonsense is no fault of ours.
            let _ = connection.await;
            drop(permit);
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

async fn accept(
    listener: &TcpListener,
    permits: &Arc<Semaphore>,
) -> io::Result<(TcpStream, Peer, tokio::sync::OwnedSemaphorePermit)> {
    let permit = permits.clone().acquire_owned().await.expect("never closed");
    let (stream, peer) = listener.accept().await?;
    stream.set_nodelay(true)?;
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
