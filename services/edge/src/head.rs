//! Answers `HEAD` wherever `GET` is answered, with the same headers and no body (RFC 9110 §9.3.2).
//! All that stands inside, and the service, sees a `GET`.

use std::convert::Infallible;

use axum::{
    body::{Body, Bytes},
    extract::Request,
    response::Response,
};
use futures::stream;
use http::{HeaderValue, Method, StatusCode, header};
use http_body::Body as _;

use crate::middleware::{Before, Middleware};

/// A `HEAD` as the `GET` whose headers it asks for.
#[derive(Clone, Copy)]
pub(crate) struct Head;

impl Middleware for Head {
    /// Whether it is one.
    type Kept = bool;

    fn before(&self, mut request: Request) -> Before<bool> {
        let is_head = request.method() == Method::HEAD;
        if is_head {
            *request.method_mut() = Method::GET;
        }
        Before::Pass(request, is_head)
    }

    fn after(is_head: bool, mut answer: Response) -> Response {
        if !is_head {
            return answer;
        }
        let has_length =
            ![StatusCode::NO_CONTENT, StatusCode::NOT_MODIFIED].contains(&answer.status());
        let length = answer.body().size_hint().exact().filter(|_| has_length);
        *answer.body_mut() = match length {
            Some(length) => {
                let length = HeaderValue::from(length);
                answer.headers_mut().insert(header::CONTENT_LENGTH, length);
                Body::empty()
            }
            // Of unknown length, so that the server does not tell of none at all.
            None => Body::from_stream(stream::empty::<Result<Bytes, Infallible>>()),
        };
        answer
    }
}
