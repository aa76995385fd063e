//! Reads the body of a signed request; answers 403 for one that is not the body which was signed, 408
//! for one that does not come in the operation's time, and 503 where too many large ones wait to be proven. Stands inside of `body_limit`, which bounds what is
//! read, and outside of `permit`, which has to know who calls.
//!
//! A body whose hash is signed passes as it comes, but for its last chunk, which waits for the comparison. One
//! whose signature says nothing of it is read to its end before.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use aws_lc_rs::digest;
use axum::{
    body::{Body, Bytes},
    extract::Request,
    response::Response,
};
use http_body::{Body as _, Frame};
use http_body_util::BodyExt;
use kit::http::Problem;
use sigv4::{Payload, Refusal};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::{
    body_limit::{Fault, refuse_instead},
    call::Call,
    error::{bad_request, request_timeout, signature_refused},
    middleware::{Before, Middleware},
    operation::Operation,
    signature::Signature,
    whole::SMALL,
};

/// How many large bodies of one operation may be in memory because their signature says nothing of them.
const LARGE: usize = 8;

/// Compares bodies with what was signed.
#[derive(Clone)]
pub(crate) struct SignedBody {
    /// Whether a body may come unsigned.
    unsigned_allowed: bool,
    /// How long one may take that is read before all else.
    time: Duration,
    /// For such bodies; none where they are small.
    room: Option<Arc<Semaphore>>,
}

/// What is kept until the answer's head: what may be wrong with the body, and its room in memory.
type Kept = (Option<Fault>, Option<OwnedSemaphorePermit>);

impl SignedBody {
    pub(crate) fn new(operation: &Operation) -> Self {
        Self {
            unsigned_allowed: operation.unsigned_payload,
            time: operation.timeout,
            room: (operation.body_limit > SMALL).then(|| Arc::new(Semaphore::new(LARGE))),
        }
    }
}

impl Middleware for SignedBody {
    type Kept = Kept;

    fn before(&self, request: Request) -> Before<Kept> {
        let Some(signature) = Call::of(&request).signature.clone() else {
            return Before::Pass(request, (None, None));
        };
        match signature.signed.payload() {
            Payload::Unsigned if !self.unsigned_allowed => {
                let refusal = "This operation takes no unsigned payload.";
                Before::Refuse(signature_refused(Refusal::InvalidSignature(refusal)))
            }
            Payload::Declared(expected) if request.body().is_end_stream() => {
                match expected == sigv4::hash(b"") {
                    true => Before::Pass(request, (None, None)),
                    false => Before::Refuse(another_body()),
                }
            }
            Payload::Declared(expected) => {
                let fault = Fault::default();
                let noted = fault.clone();
                let compared = request.map(|body| Body::new(Compared::new(body, expected, noted)));
                Before::Pass(compared, (Some(fault), None))
            }
            Payload::Whole if signature.is_unproven() => {
                let room = self.room.clone().map(Semaphore::try_acquire_owned);
                let Ok(room) = room.transpose() else {
                    return Before::Refuse(no_room());
                };
                let proving = prove(request, signature, self.time);
                Before::Wait(Box::pin(async move { Ok((proving.await?, (None, room))) }))
            }
            Payload::Whole | Payload::Unsigned => Before::Pass(request, (None, None)),
        }
    }

    fn after((fault, _): Kept, answer: Response) -> Response {
        refuse_instead::<Self>(fault.as_ref(), answer)
    }
}

async fn prove(
    request: Request,
    signature: Arc<Signature>,
    time: Duration,
) -> Result<Request, Problem> {
    let (head, body) = request.into_parts();
    let body = tokio::time::timeout(time, body.collect()).await;
    let body = body.map_err(|_| request_timeout())?;
    // What was wrong with it `body_limit` knows, and says.
    let body = body.map_err(|_| bad_request("The body could not be read."))?;
    let body = body.to_bytes();
    let caller = signature
        .prove(sigv4::hash(&body))
        .map_err(signature_refused)?;
    let mut request = Request::from_parts(head, Body::from(body));
    Call::of_mut(&mut request).caller = caller;
    Ok(request)
}

fn no_room() -> Problem {
    Problem::unavailable().detail("Sign the body's hash, `X-Amz-Content-Sha256`, or try again.")
}

fn another_body() -> Problem {
    let detail = "The body is not the one that was signed.";
    signature_refused(Refusal::InvalidSignature(detail))
}

/// A body that ends well only if it has the hash that was signed.
struct Compared {
    body: Body,
    expected: [u8; 32],
    /// Of what came; none when it has come to its end.
    seen: Option<digest::Context>,
    /// What came last.
    held: Option<Bytes>,
    noted: Fault,
}

impl Compared {
    fn new(body: Body, expected: [u8; 32], noted: Fault) -> Self {
        Self {
            body,
            expected,
            seen: Some(digest::Context::new(&digest::SHA256)),
            held: None,
            noted,
        }
    }

    /// The last chunk, if the whole is what was signed.
    fn end(&mut self) -> Result<Option<Frame<Bytes>>, axum::Error> {
        let seen = self.seen.take().map(digest::Context::finish);
        if seen.is_some_and(|seen| *seen.as_ref() == self.expected) {
            return Ok(self.held.take().map(Frame::data));
        }
        let refusal = another_body();
        let _ = self.noted.set(refusal.clone());
        Err(axum::Error::new(refusal))
    }
}

impl http_body::Body for Compared {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let this = self.get_mut();
        while let Some(seen) = &mut this.seen {
            // Trailers are not signed, and go no further.
            let data = match ready!(Pin::new(&mut this.body).poll_frame(context)) {
                Some(Ok(frame)) => frame.into_data().unwrap_or_default(),
                Some(Err(fault)) => return Poll::Ready(Some(Err(fault))),
                None => return Poll::Ready(this.end().transpose()),
            };
            if data.is_empty() {
                continue;
            }
            seen.update(&data);
            if let Some(before) = this.held.replace(data) {
                return Poll::Ready(Some(Ok(Frame::data(before))));
            }
        }
        Poll::Ready(None)
    }
}
