//! Conditional reads (RFC 9110 §13): gives the answer of every `GET` an entity tag, made of its
//! bytes unless the service gave one, and answers 304 to a client that has these bytes already.
//!
//! Stands inside of `compress`, which gives the compressed form a tag of its own. A tag that the
//! service gave is what `If-Match` names; it stays as it is.

use std::{
    convert::Infallible,
    task::{Context, Poll},
};

use axum::{
    body::Body,
    extract::Request,
    response::{IntoResponse, Response},
};
use futures::future::BoxFuture;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use http_body::Body as _;
use http_body_util::BodyExt;
use kit::http::{ETag, Problem};
use tower::{Layer, Service};

use crate::{compress, error::bad_gateway};

/// The largest body that is read for its tag, in bytes.
const LARGEST: u64 = 2 * 1024 * 1024;

/// What describes a body, and has no place in an answer without one (RFC 9110 §15.4.5).
const OF_THE_BODY: [HeaderName; 4] = [
    header::CONTENT_TYPE,
    header::CONTENT_LENGTH,
    header::CONTENT_ENCODING,
    header::CONTENT_LANGUAGE,
];

/// The layer, of an operation that is a `GET`.
#[derive(Clone, Copy)]
pub(crate) struct Conditional;

/// The rest of a stack behind it.
#[derive(Clone)]
pub(crate) struct Conditionally<S>(S);

impl<S> Layer<S> for Conditional {
    type Service = Conditionally<S>;

    fn layer(&self, rest: S) -> Conditionally<S> {
        Conditionally(rest)
    }
}

impl<S> Service<Request> for Conditionally<S>
where
    S: Service<Request, Response = Response, Error = Infallible, Future: Send + 'static>,
{
    type Response = Response;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response, Infallible>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        compress::restore_tags(request.headers_mut());
        let has = request.headers().get_all(header::IF_NONE_MATCH);
        let has: Vec<HeaderValue> = has.iter().cloned().collect();
        let answer = self.0.call(request);
        Box::pin(async move {
            let answer = answer.await?;
            if answer.status() != StatusCode::OK {
                return Ok(answer);
            }
            Ok(match tagged(answer).await {
                Ok(answer) if is_known(answer.headers(), &has) => not_modified(answer),
                Ok(answer) => answer,
                Err(refusal) => refusal.into_response(),
            })
        })
    }
}

/// The answer with a tag, if it is not too large to be read for one.
async fn tagged(answer: Response) -> Result<Response, Problem> {
    let length = answer.body().size_hint().exact();
    let is_small = length.is_some_and(|length| length <= LARGEST);
    if !is_small || answer.headers().contains_key(header::ETAG) {
        return Ok(answer);
    }
    let (head, body) = answer.into_parts();
    let body = body.collect().await;
    let body = body
        .map_err(|fault| bad_gateway().because(fault))?
        .to_bytes();
    let tag = ETag::of(&body);
    Ok((tag, Response::from_parts(head, Body::from(body))).into_response())
}

/// Whether the client has what is answered, by weak comparison (RFC 9110 §13.1.2).
pub(crate) fn is_known<'a>(
    answer: &HeaderMap,
    has: impl IntoIterator<Item = &'a HeaderValue>,
) -> bool {
    let Some(tag) = answer.get(header::ETAG).and_then(|tag| tag.to_str().ok()) else {
        return false;
    };
    let lines = has.into_iter().filter_map(|line| line.to_str().ok());
    let mut tags = lines.flat_map(|line| line.split(',')).map(str::trim);
    tags.any(|known| known == "*" || opaque(known) == opaque(tag))
}

fn opaque(tag: &str) -> &str {
    tag.trim().trim_start_matches("W/")
}

/// The answer without its body, and without what describes that.
pub(crate) fn not_modified(mut answer: Response) -> Response {
    *answer.status_mut() = StatusCode::NOT_MODIFIED;
    *answer.body_mut() = Body::empty();
    for name in OF_THE_BODY {
        answer.headers_mut().remove(name);
    }
    answer
}
