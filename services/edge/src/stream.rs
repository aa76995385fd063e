//! Ends the answers that go on until somebody ends them: when the edge stops, and when the access token
//! ends by which they were asked for. They end cleanly: the reader comes back, to another edge or with
//! a new token.

use std::time::Duration;

use axum::{body::Body, extract::Request, response::Response};
use futures::StreamExt;
use jiff::Timestamp;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::{
    call::Call,
    middleware::{Before, Middleware},
};

/// Until when streams go on.
#[derive(Clone)]
pub(crate) struct Until(pub(crate) CancellationToken);

impl Middleware for Until {
    type Kept = (CancellationToken, Option<i64>);

    fn before(&self, request: Request) -> Before<Self::Kept> {
        let token_ends = Call::of(&request).user().map(|user| user.until);
        Before::Pass(request, (self.0.clone(), token_ends))
    }

    fn after((stop, token_ends): Self::Kept, answer: Response) -> Response {
        let left = token_ends.map(|end| end - Timestamp::now().as_second());
        let left = left.map(|left| Duration::from_secs(left.try_into().unwrap_or_default()));
        let end = async move {
            let token_ends = async {
                match left {
                    Some(left) => sleep(left).await,
                    None => std::future::pending().await,
                }
            };
            stop.run_until_cancelled(token_ends).await;
        };
        answer.map(|body| Body::from_stream(body.into_data_stream().take_until(Box::pin(end))))
    }
}
