//! Connections over HTTP/1.1 to one endpoint, in the clear or by mutual TLS: made when none is idle, and kept for a while.

use std::{
    error::Error,
    net::SocketAddr,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use axum::body::Body;
use http::{Request, Response};
use hyper::{
    body::Incoming,
    client::conn::{
        TrySendError,
        http1::{self, SendRequest},
    },
};
use hyper_util::rt::TokioIo;
use kit::tls::Caller;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    time::{Instant, timeout},
};

/// How long a connection may take to be made.
const CONNECT: Duration = Duration::from_secs(1);

/// How long an idle connection is kept. Shorter than our servers keep theirs (`Limits::idle`),
/// so that a request seldom meets a connection that is being closed.
pub(super) const POOL_IDLE: Duration = Duration::from_secs(5);

/// The connections to one endpoint that have an answer's head, and when they had it; the latest last.
/// Such a connection takes the next request once the answer's body has ended.
#[derive(Default)]
pub(super) struct Pool(Mutex<Vec<(Instant, Connection)>>);

/// One connection.
pub(super) struct Connection {
    sender: SendRequest<Body>,
    /// Whether it has carried a request before.
    pub(super) was_used: bool,
}

impl Pool {
    /// A connection that waits for a request.
    pub(super) fn take(&self) -> Option<Connection> {
        let mut pool = self.connections();
        let at = pool.iter().rposition(|(since, connection)| {
            connection.sender.is_ready() && since.elapsed() < POOL_IDLE
        })?;
        Some(pool.remove(at).1)
    }

    fn put(&self, mut connection: Connection) {
        connection.was_used = true;
        self.connections().push((Instant::now(), connection));
    }

    /// Closes connections that nobody has used for a while; one whose answer goes on, after it.
    pub(super) fn forget_idle(&self) {
        self.connections().retain(|(since, connection)| {
            since.elapsed() < POOL_IDLE && !connection.sender.is_closed()
        });
    }

    fn connections(&self) -> MutexGuard<'_, Vec<(Instant, Connection)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Connection {
    pub(super) async fn open(
        address: SocketAddr,
        tls: Option<&Caller>,
    ) -> Result<Self, Box<dyn Error + Send + Sync>> {
        let stream = timeout(CONNECT, TcpStream::connect(address)).await??;
        stream.set_nodelay(true)?;
        let sender = match tls {
            None => begin(stream).await?,
            Some(tls) => begin(timeout(CONNECT, tls.connect(stream)).await??).await?,
        };
        Ok(Self {
            sender,
            was_used: false,
        })
    }

    /// Sends a request. From the answer's head on, the connection belongs to the pool.
    pub(super) async fn send(
        mut self,
        request: Request<Body>,
        pool: &Pool,
    ) -> Result<Response<Incoming>, TrySendError<Request<Body>>> {
        let answer = self.sender.try_send_request(request).await?;
        pool.put(self);
        Ok(answer)
    }
}

async fn begin(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
) -> hyper::Result<SendRequest<Body>> {
    let (sender, driver) = http1::handshake(TokioIo::new(stream)).await?;
    // How it ends, the request learns that it carries.
    tokio::spawn(driver);
    Ok(sender)
}
