//! Connections over HTTP/1.1 to one endpoint: made when none is idle, and kept for a while.
//!
//! A connection has no task of its own: the request that uses it drives it, and after that whoever
//! reads the answer's body. The usual client wakes a task for each half of an exchange, and is woken
//! by it.

use std::{
    error::Error,
    future::poll_fn,
    net::SocketAddr,
    pin::{Pin, pin},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker, ready},
    time::Duration,
};

use axum::body::{Body, Bytes};
use http::{Request, Response};
use http_body::{Body as _, Frame, SizeHint};
use hyper::{
    body::Incoming,
    client::conn::{
        TrySendError,
        http1::{self, SendRequest},
    },
};
use hyper_util::rt::TokioIo;
use tokio::{
    net::TcpStream,
    time::{Instant, timeout},
};

/// How long a connection may take to be made.
const CONNECT: Duration = Duration::from_secs(1);

/// How long an idle connection is kept. Shorter than our servers keep theirs (`Limits::header_read`),
/// so that a request seldom meets a connection that is being closed.
pub(super) const POOL_IDLE: Duration = Duration::from_secs(5);

/// The idle connections to one endpoint, the latest last.
#[derive(Default)]
pub(super) struct Pool(Mutex<Vec<(Instant, Box<Connection>)>>);

/// One connection.
pub(super) struct Connection {
    sender: SendRequest<Body>,
    driver: http1::Connection<TokioIo<TcpStream>, Body>,
    is_over: bool,
    /// Whether it has carried a request before.
    pub(super) was_used: bool,
}

impl Pool {
    /// A connection that waits for a request.
    pub(super) fn take(&self) -> Option<Box<Connection>> {
        loop {
            let (since, mut connection) = self.idle().pop()?;
            // It may have been closed meanwhile.
            if since.elapsed() < POOL_IDLE && connection.is_idle() {
                return Some(connection);
            }
        }
    }

    fn put(&self, mut connection: Box<Connection>) {
        if connection.is_idle() {
            connection.was_used = true;
            self.idle().push((Instant::now(), connection));
        }
    }

    /// Closes connections that nobody has used for a while.
    pub(super) fn forget_idle(&self) {
        self.idle().retain(|(since, _)| since.elapsed() < POOL_IDLE);
    }

    fn idle(&self) -> MutexGuard<'_, Vec<(Instant, Box<Connection>)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Connection {
    pub(super) async fn open(
        address: SocketAddr,
    ) -> Result<Box<Self>, Box<dyn Error + Send + Sync>> {
        let stream = timeout(CONNECT, TcpStream::connect(address)).await??;
        stream.set_nodelay(true)?;
        let (sender, driver) = http1::handshake(TokioIo::new(stream)).await?;
        Ok(Box::new(Self {
            sender,
            driver,
            is_over: false,
            was_used: false,
        }))
    }

    /// Sends a request. The body of the answer drives the connection on, and gives it to the pool.
    pub(super) async fn send(
        mut self: Box<Self>,
        request: Request<Body>,
        pool: &Arc<Pool>,
    ) -> Result<Response<Body>, TrySendError<Request<Body>>> {
        let mut answer = pin!(self.sender.try_send_request(request));
        let answer = poll_fn(|context| {
            self.drive(context);
            // What the driver has found is here at once; nobody else need wake this task for it.
            let mut quiet = Context::from_waker(Waker::noop());
            answer.as_mut().poll(&mut quiet)
        });
        let (head, body) = answer.await?.into_parts();
        let mut body = Driven {
            body,
            connection: Some(self),
            pool: pool.clone(),
        };
        body.end_if_over();
        Ok(Response::from_parts(head, Body::new(body)))
    }

    /// Does what can be done now. The task is woken when there is more.
    fn drive(&mut self, context: &mut Context<'_>) {
        if !self.is_over {
            self.is_over = Pin::new(&mut self.driver).poll(context).is_ready();
        }
    }

    /// Whether it could take a request now.
    fn is_idle(&mut self) -> bool {
        self.drive(&mut Context::from_waker(Waker::noop()));
        !self.is_over && self.sender.is_ready()
    }
}

/// The body of an answer, which drives its connection until it ends.
struct Driven {
    body: Incoming,
    connection: Option<Box<Connection>>,
    pool: Arc<Pool>,
}

impl Driven {
    fn end_if_over(&mut self) {
        if self.body.is_end_stream() {
            self.end();
        }
    }

    fn end(&mut self) {
        if let Some(connection) = self.connection.take() {
            self.pool.put(connection);
        }
    }
}

impl http_body::Body for Driven {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let mut quiet = Context::from_waker(Waker::noop());
        let mut polled = Pin::new(&mut self.body).poll_frame(&mut quiet);
        if polled.is_pending() {
            if let Some(connection) = &mut self.connection {
                connection.drive(context);
            }
            polled = Pin::new(&mut self.body).poll_frame(&mut quiet);
        }
        let frame = ready!(polled);
        match &frame {
            Some(Ok(_)) => self.end_if_over(),
            Some(Err(_)) => drop(self.connection.take()),
            None => self.end(),
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
