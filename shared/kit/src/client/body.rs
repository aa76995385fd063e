//! A request's body that stays ours until a connection begins to read it.

use std::{
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
};

use axum::{Error, body::Body};
use bytes::Bytes;
use http_body::{Body as _, Frame, SizeHint};

/// The bytes of a request's body, which can be lent as often as one likes: an extension of the
/// request.
#[derive(Clone)]
pub(super) struct InMemory(pub(super) Bytes);

/// A body to lend.
pub(super) enum Lent {
    InMemory(Bytes),
    Streamed(Streamed),
}

/// A body that can be read once. Clones are the same body.
#[derive(Clone)]
pub(super) struct Streamed(Arc<Mutex<State>>);

struct State {
    body: Body,
    begun: bool,
    ended: bool,
}

impl Lent {
    pub(super) fn new(body: Body, in_memory: Option<InMemory>) -> Self {
        if let Some(InMemory(bytes)) = in_memory {
            return Self::InMemory(bytes);
        }
        Self::Streamed(Streamed(Arc::new(Mutex::new(State {
            ended: body.is_end_stream(),
            begun: false,
            body,
        }))))
    }

    /// The body for one request.
    pub(super) fn lend(&self) -> Body {
        match self {
            Self::InMemory(bytes) => Body::from(bytes.clone()),
            Self::Streamed(_) if self.has_ended() => Body::empty(),
            Self::Streamed(body) => Body::new(body.clone()),
        }
    }

    /// Whether it can be sent elsewhere: nothing of it was read, or it is still here.
    pub(super) fn is_whole(&self) -> bool {
        match self {
            Self::InMemory(_) => true,
            Self::Streamed(body) => !body.state().begun,
        }
    }

    /// Whether all of it was read: from here on, the service is waited for, not the client.
    pub(super) fn has_ended(&self) -> bool {
        match self {
            Self::InMemory(_) => true,
            Self::Streamed(body) => body.state().ended,
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
        state.ended |= matches!(polled, Poll::Ready(None)) || state.body.is_end_stream();
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.state().body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.state().body.size_hint()
    }
}
