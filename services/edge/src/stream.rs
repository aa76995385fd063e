//! Ends the answers that go on until somebody ends them, when the edge stops. They end cleanly:
//! the reader comes back to another edge.

use axum::{body::Body, extract::Request, response::Response};
use futures::StreamExt;
use tokio_util::sync::CancellationToken;

use crate::middleware::{Before, Middleware};

/// Until when streams go on.
#[derive(Clone)]
pub(crate) struct Until(pub(crate) CancellationToken);

impl Middleware for Until {
    type Kept = CancellationToken;

    fn before(&self, request: Request) -> Before<CancellationToken> {
        Before::Pass(request, self.0.clone())
    }

    fn after(stop: CancellationToken, answer: Response) -> Response {
        let stopped = stop.cancelled_owned();
        answer.map(|body| Body::from_stream(body.into_data_stream().take_until(stopped)))
    }
}
