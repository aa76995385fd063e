//! An answer's body on its way to a client that decides by itself how much it takes.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use axum::body::{Body, Bytes};
use http_body::{Frame, SizeHint};
use tokio::time::Instant;

use super::streams::WAITING;

/// The most that is handed over at once. The next piece is asked for when the client has made room,
/// so this much an answer waits in memory, and this much a client takes in time or is given up.
const PIECE: usize = 16 * 1024;

/// Notes since when a piece of it waits to be taken.
pub(super) struct Answer {
    body: Body,
    rest: Bytes,
}

impl Answer {
    pub(super) fn new(body: Body) -> Self {
        let rest = Bytes::new();
        Self { body, rest }
    }
}

impl http_body::Body for Answer {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        // Whoever asks has handed over what it had.
        WAITING.with(|since| since.set(None));
        if self.rest.is_empty() {
            match ready!(Pin::new(&mut self.body).poll_frame(context)) {
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) => self.rest = data,
                    Err(trailers) => return Poll::Ready(Some(Ok(trailers))),
                },
                end => return Poll::Ready(end),
            }
        }
        WAITING.with(|since| since.set(Some(Instant::now())));
        let length = self.rest.len().min(PIECE);
        Poll::Ready(Some(Ok(Frame::data(self.rest.split_to(length)))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }

    /// Asked before the first piece.
    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
