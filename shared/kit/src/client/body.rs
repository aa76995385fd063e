//! A request's body that stays ours until a connection begins to read it.

use std::{
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
};

use axum::{Error, body::Body};
use bytes::Bytes;
use http_body::{Body as _, Frame, SizeHint};

/// A body to lend. Clones are the same body.
#[derive(Clone)]
pub(super) struct Lent(Arc<Mutex<State>>);

struct State {
    body: Body,
    begun: bool,
    ended: bool,
}

impl Lent {
    pub(super) fn new(body: Body) -> Self {
        Self(Arc::new(Mutex::new(State {
            ended: body.is_end_stream(),
            begun: false,
            body,
        })))
    }

    /// The body for one request.
    pub(super) fn lend(&self) -> Body {
        match self.has_ended() {
            true => Body::empty(),
            false => Body::new(self.clone()),
        }
    }

    /// Whether nothing of it was read: it can be sent elsewhere.
    pub(super) fn is_whole(&self) -> bool {
        !self.state().begun
    }

    /// Whether all of it was read: from here on, the service is waited for, not the client.
    pub(super) fn has_ended(&self) -> bool {
        self.state().ended
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl http_body::Body for Lent {
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
