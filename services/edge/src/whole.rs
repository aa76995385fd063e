//! Reads small bodies, and those that are validated, to their end before anything is done for them; answers 408 for one that does not
//! come in the operation's time. Stands before the permits of requests in flight.

use std::time::Duration;

use axum::{body::Body, extract::Request};
use http_body::Body as _;
use http_body_util::BodyExt;
use kit::http::Problem;

use crate::{
    error::{bad_request, request_timeout},
    middleware::{Before, Middleware},
    operation::Operation,
};

/// The largest body that is kept in memory meanwhile for its own sake, in bytes.
pub(crate) const SMALL: usize = 64 * 1024;

/// How long a body may take.
#[derive(Clone)]
pub(crate) struct Whole(Duration);

impl Whole {
    /// None where bodies may be large and nobody looks into them: those pass as they come.
    pub(crate) fn new(operation: &Operation) -> Option<Self> {
        let is_validated = operation.rules.as_ref().is_some_and(|it| it.read_body());
        (is_validated || operation.body_limit <= SMALL).then_some(Self(operation.timeout))
    }
}

impl Middleware for Whole {
    type Kept = ();

    fn before(&self, request: Request) -> Before<()> {
        match request.body().is_end_stream() {
            true => Before::Pass(request, ()),
            false => Before::Wait(Box::pin(read(request, self.0))),
        }
    }
}

async fn read(request: Request, time: Duration) -> Result<(Request, ()), Problem> {
    let (head, body) = request.into_parts();
    let body = tokio::time::timeout(time, body.collect()).await;
    let body = body.map_err(|_| request_timeout())?;
    // What was wrong with it `body_limit` knows, and says.
    let body = body.map_err(|_| bad_request("The body could not be read."))?;
    let whole = Request::from_parts(head, Body::from(body.to_bytes()));
    Ok((whole, ()))
}
