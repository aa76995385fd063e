//! How far a connection is with its requests. From that follows how long it is waited for, and how
//! it is closed.
//!
//! hyper has one timer for a head, which runs while a connection is idle as well. Here a head has its
//! time from its first byte on, and what is idle has a longer one: whoever keeps connections open
//! before us must not keep them longer than we do.
//!
//! A request that is answered before its body has come to an end is read on for a while after the
//! answer (RFC 9112 §9.6): a connection that is closed with bytes unread is reset, and the reset may
//! overtake the answer.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    task::{Context, Poll, ready},
    time::Duration,
};

use axum::body::Body;
use bytes::Bytes;
use http_body::{Body as _, Frame, SizeHint};
use hyper::rt::{Sleep, Timer};
use pin_project_lite::pin_project;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::Instant,
};

/// How long a connection is read on after an early answer.
const READ_ON: Duration = Duration::from_secs(10);

/// No head has begun.
const IDLE: u64 = u64::MAX;

/// Of one connection. Its timer, its stream and its requests' bodies share it, all in one task.
pub(super) struct Progress {
    opened: Instant,
    /// When the head that is waited for began, in milliseconds after `opened`; or [`IDLE`].
    head_began: AtomicU64,
    /// Whether it has carried a request.
    served: AtomicBool,
    /// Whether a part of the current request is still to come.
    unread: AtomicBool,
}

impl Progress {
    /// Of a new connection, which has its first head's time at once.
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self {
            opened: Instant::now(),
            head_began: AtomicU64::new(0),
            served: AtomicBool::new(false),
            unread: AtomicBool::new(false),
        })
    }

    /// Whether a part of the request that is being answered is still to come.
    pub(super) fn is_unread(&self) -> bool {
        self.unread.load(Relaxed)
    }

    /// A head is there. Its body, which tells when it has come to its end.
    pub(super) fn body(self: &Arc<Self>, body: hyper::body::Incoming) -> Body {
        self.served.store(true, Relaxed);
        let is_ended = body.is_end_stream();
        self.unread.store(!is_ended, Relaxed);
        if is_ended {
            return Body::empty();
        }
        Body::new(Watched {
            body,
            progress: self.clone(),
        })
    }

    fn next_head_expected(&self) {
        if self.served.load(Relaxed) {
            self.head_began.store(IDLE, Relaxed);
            self.unread.store(false, Relaxed);
        }
    }

    fn bytes_came(&self) {
        if self.head_began.load(Relaxed) == IDLE {
            let now = self.opened.elapsed().as_millis() as u64;
            self.head_began.store(now, Relaxed);
            self.unread.store(true, Relaxed);
        } else if !self.served.load(Relaxed) {
            self.unread.store(true, Relaxed);
        }
    }

    fn head_began(&self) -> Option<Instant> {
        let began = self.head_began.load(Relaxed);
        (began != IDLE).then(|| self.opened + Duration::from_millis(began))
    }
}

/// hyper's timer for a head: what it is set to is the time that a connection may be idle.
pub(super) struct HeadTimer {
    pub(super) progress: Arc<Progress>,
    /// How long a head may take from its first byte on.
    pub(super) head_read: Duration,
}

impl Timer for HeadTimer {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Sleep>> {
        self.sleep_until(self.now() + duration)
    }

    fn sleep_until(&self, deadline: std::time::Instant) -> Pin<Box<dyn Sleep>> {
        self.progress.next_head_expected();
        let idle_until = Instant::from_std(deadline);
        Box::pin(HeadSleep {
            sleep: tokio::time::sleep_until(idle_until),
            idle_until,
            progress: self.progress.clone(),
            head_read: self.head_read,
        })
    }

    fn now(&self) -> std::time::Instant {
        Instant::now().into_std()
    }
}

pin_project! {
    struct HeadSleep {
        #[pin]
        sleep: tokio::time::Sleep,
        idle_until: Instant,
        progress: Arc<Progress>,
        head_read: Duration,
    }
}

impl Sleep for HeadSleep {}

impl Future for HeadSleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let mut this = self.project();
        let began = this.progress.head_began();
        let deadline = began.map_or(*this.idle_until, |began| began + *this.head_read);
        if this.sleep.deadline() != deadline {
            this.sleep.as_mut().reset(deadline);
        }
        ready!(this.sleep.poll(context));
        // Who is too slow is not waited for once more.
        this.progress.unread.store(false, Relaxed);
        Poll::Ready(())
    }
}

/// A connection's stream, which notes when a head begins, and is read on before it is closed.
pub(super) struct Stream<S> {
    inner: S,
    progress: Arc<Progress>,
    reading_on: Option<Pin<Box<tokio::time::Sleep>>>,
}

impl<S> Stream<S> {
    pub(super) fn new(inner: S, progress: Arc<Progress>) -> Self {
        Self {
            inner,
            progress,
            reading_on: None,
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Stream<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.inner).poll_read(context, buffer))?;
        if buffer.filled().len() > before {
            self.progress.bytes_came();
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Stream<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write_vectored(context, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(context)
    }

    /// Says that the answer was the last, and waits for the client to hang up.
    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if this.reading_on.is_none() {
            ready!(Pin::new(&mut this.inner).poll_shutdown(context))?;
            if !this.progress.is_unread() {
                return Poll::Ready(Ok(()));
            }
        }
        let time = this
            .reading_on
            .get_or_insert_with(|| Box::pin(tokio::time::sleep(READ_ON)));
        if time.as_mut().poll(context).is_ready() {
            return Poll::Ready(Ok(()));
        }
        let mut unwanted = [0; 16 * 1024];
        loop {
            let mut buffer = ReadBuf::new(&mut unwanted);
            let read = ready!(Pin::new(&mut this.inner).poll_read(context, &mut buffer));
            if read.is_err() || buffer.filled().is_empty() {
                return Poll::Ready(Ok(()));
            }
        }
    }
}

/// A request's body, which tells when it has come to its end.
struct Watched {
    body: hyper::body::Incoming,
    progress: Arc<Progress>,
}

impl http_body::Body for Watched {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
        if frame.is_none() || self.body.is_end_stream() {
            self.progress.unread.store(false, Relaxed);
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
