//! The edge's own refusals, as problems. `docs/problems.md` describes each kind.

use http::{HeaderValue, StatusCode, header};
use kit::http::Problem;

/// 400 `bad-request`: read one way by us, it might be read another way behind us.
pub(crate) fn bad_request(detail: &str) -> Problem {
    Problem::new(
        StatusCode::BAD_REQUEST,
        "bad-request",
        "The request could not be read",
    )
    .detail(detail)
}

/// 401 `invalid-token`: the token is expired, forged, or not meant for us (RFC 6750 §3.1).
pub(crate) fn invalid_token(detail: &str) -> Problem {
    Problem::new(
        StatusCode::UNAUTHORIZED,
        "invalid-token",
        "This access token is not accepted",
    )
    .detail(detail)
    .header(
        header::WWW_AUTHENTICATE,
        HeaderValue::from_static("Bearer error=\"invalid_token\""),
    )
}

/// 405 `method-not-allowed`; these are.
pub(crate) fn method_not_allowed<'a>(allowed: impl IntoIterator<Item = &'a str>) -> Problem {
    let allowed: Vec<_> = allowed.into_iter().collect();
    let allowed = HeaderValue::try_from(allowed.join(", "));
    Problem::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "method-not-allowed",
        "This method is not served here",
    )
    .header(header::ALLOW, allowed.expect("methods are visible ASCII"))
}

/// 408 `request-timeout`: the client was waited for, not the service (RFC 9110 §15.5.9).
pub(crate) fn request_timeout() -> Problem {
    Problem::new(
        StatusCode::REQUEST_TIMEOUT,
        "request-timeout",
        "The request took too long to arrive",
    )
    .detail("Its body had not come to its end when the time for the whole was over.")
}

/// 413 `body-too-large`.
pub(crate) fn body_too_large(limit: usize) -> Problem {
    Problem::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        "body-too-large",
        "The body is too large",
    )
    .detail(format!("This operation takes at most {limit} bytes."))
}

/// 429 `too-many-requests`.
pub(crate) fn too_many_requests(wait_s: u64) -> Problem {
    Problem::new(
        StatusCode::TOO_MANY_REQUESTS,
        "too-many-requests",
        "Slow down a little",
    )
    .detail("This client has made too many requests of this kind.")
    .retry_after(wait_s.max(1))
}

/// 502 `bad-gateway`: the service behind us answered what it must not.
pub(crate) fn bad_gateway() -> Problem {
    Problem::new(
        StatusCode::BAD_GATEWAY,
        "bad-gateway",
        "A part of the shop answered wrongly",
    )
    .detail("The fault has been recorded under this request's id.")
}
