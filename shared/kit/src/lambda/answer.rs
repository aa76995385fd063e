//! An answer on its way out of a function: whole, because a function cannot stream to API Gateway.

use axum::response::Response;
use http_body_util::{BodyExt, Limited};

use super::ProxyAnswer;
use crate::events::Fault;

/// The largest body that a function can answer: its answer has 6 MB at most, and base64 takes a third more
/// (docs.aws.amazon.com/lambda: "Lambda quotas").
const MAX_BODY: usize = 4 * 1024 * 1024 + 300 * 1024;

/// The answer with its body.
pub(super) async fn whole(answer: Response) -> Result<ProxyAnswer, Fault> {
    let (head, body) = answer.into_parts();
    let body = Limited::new(body, MAX_BODY).collect().await;
    Ok(ProxyAnswer::new(&head, &body?.to_bytes()))
}
