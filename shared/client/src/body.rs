//! A request's body on its way to a service: it stays ours until a connection begins to read it,
//! and it tells who is waited for.

use std::{
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
};

use axum::{Error, body::Body};
use bytes::Bytes;
use http_body::{Body as _, Frame, SizeHint};

/// The bytes of a request's body, which can be sent as often as one likes: an extension of the
/// request.
#[derive(Clone)]
pub(super) struct InMemory(pub(super) Bytes);

/// A body that may be sent again while nothing of it was read.
pub(super) enum ReplayableBody {
    Empty,
    InMemory(Bytes),
    Streamed(Streamed),
}

/// A body that can be read once. Clones are the same body.
#[derive(Clone)]
pub(super) struct Streamed(Arc<Mutex<State>>);

struct State {
    body: Body,
    begun: bool,
    awaited: bool,
    was_awaited: bool,
}

impl ReplayableBody {
    pub(super) fn new(body: Body, in_memory: Option<InMemory>) -> Self {
        if let Some(InMemory(bytes)) = in_memory {
            return Self::InMemory(bytes);
        }
        if body.is_end_stream() {
            return Self::Empty;
        }
        Self::Streamed(Streamed(Arc::new(Mutex::new(State {
            body,
            begun: false,
            awaited: false,
            was_awaited: false,
        }))))
    }

    /// The body for one attempt.
    pub(super) fn attempt(&self) -> Body {
        match self {
            Self::Empty => Body::empty(),
            Self::InMemory(bytes) => Body::from(bytes.clone()),
            Self::Streamed(body) => Body::new(body.clone()),
        }
    }

    /// Whether it can be sent again: nothing of it was read, or it is still here.
    pub(super) fn is_whole(&self) -> bool {
        match self {
            Self::Empty | Self::InMemory(_) => true,
            Self::Streamed(body) => !body.state().begun,
        }
    }

    /// Whether the service had to wait for some of it, however long.
    pub(super) fn was_awaited(&self) -> bool {
        match self {
            Self::Empty | Self::InMemory(_) => false,
            Self::Streamed(body) => body.state().was_awaited,
        }
    }

    /// Whether the service waits for more of it: then its sender is late, not the service.
    pub(super) fn is_awaited(&self) -> bool {
        match self {
            Self::Empty | Self::InMemory(_) => false,
            Self::Streamed(body) => body.state().awaited,
        }
    }
}

impl Streamed {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl http_body::Body for Streamed {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let mut state = self.state();
        state.begun = true;
        let polled = Pin::new(&mut state.body).poll_frame(context);
        state.awaited = polled.is_pending();
        state.was_awaited |= state.awaited;
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.state().body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.state().body.size_hint()
    }
}
