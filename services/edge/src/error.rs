//! The edge's own refusals, as problems. `docs/problems.md` describes each kind.

use http::{HeaderName, HeaderValue, header};
use kit::http::{Kind, Problem, kinds};
use sigv4::Refusal;

/// Where clients of AWS look for an error's name.
pub(crate) const ERROR_TYPE: HeaderName = HeaderName::from_static("x-amzn-errortype");

const INVALID_TOKEN: Kind = Kind::new(401, "invalid-token", "This access token is not accepted");
const FORBIDDEN: Kind = Kind::new(403, "forbidden", "This caller may not do this");
const MISSING_AUTHENTICATION_TOKEN: Kind = Kind::new(
    403,
    "missing-authentication-token",
    "The session token is missing",
);
const INCOMPLETE_SIGNATURE: Kind = Kind::new(
    403,
    "incomplete-signature",
    "This signature is not complete",
);
const INVALID_SIGNATURE: Kind =
    Kind::new(403, "invalid-signature", "This signature is not accepted");
const EXPIRED_TOKEN: Kind = Kind::new(403, "expired-token", "These credentials have expired");
const UNRECOGNIZED_CLIENT: Kind = Kind::new(
    403,
    "unrecognized-client",
    "These credentials are not known here",
);
const SESSION_POLICY: Kind = Kind::new(
    403,
    "session-policy",
    "The policy of these credentials does not allow this",
);
const METHOD_NOT_ALLOWED: Kind =
    Kind::new(405, "method-not-allowed", "This method is not served here");
const REQUEST_TIMEOUT: Kind = Kind::new(
    408,
    "request-timeout",
    "The request took too long to arrive",
);
const EXPECTATION_FAILED: Kind =
    Kind::new(417, "expectation-failed", "This expectation cannot be met");
const TOO_MANY_REQUESTS: Kind = Kind::new(429, "too-many-requests", "Slow down a little");
const QUOTA_EXCEEDED: Kind = Kind::new(429, "quota-exceeded", "The day's quota is used up");
const BAD_GATEWAY: Kind = Kind::new(502, "bad-gateway", "A part of the shop answered wrongly");

/// All of them, for the document.
pub(crate) const KINDS: &[Kind] = &[
    INVALID_TOKEN,
    FORBIDDEN,
    MISSING_AUTHENTICATION_TOKEN,
    INCOMPLETE_SIGNATURE,
    INVALID_SIGNATURE,
    EXPIRED_TOKEN,
    UNRECOGNIZED_CLIENT,
    SESSION_POLICY,
    METHOD_NOT_ALLOWED,
    REQUEST_TIMEOUT,
    EXPECTATION_FAILED,
    TOO_MANY_REQUESTS,
    QUOTA_EXCEEDED,
    BAD_GATEWAY,
];

/// 400 `bad-request`: read one way by us, it might be read another way behind us.
pub(crate) fn bad_request(detail: &str) -> Problem {
    kinds::BAD_REQUEST.problem().detail(detail)
}

/// 401 `invalid-token`: the token is expired, forged, or not meant for us (RFC 6750 §3.1).
pub(crate) fn invalid_token(detail: &str) -> Problem {
    INVALID_TOKEN.problem().detail(detail).header(
        header::WWW_AUTHENTICATE,
        HeaderValue::from_static("Bearer error=\"invalid_token\""),
    )
}

/// 403, by the name that AWS has for it: the request's signature is refused.
pub(crate) fn signature_refused(refusal: Refusal) -> Problem {
    let kind = match refusal {
        Refusal::MissingAuthenticationToken => MISSING_AUTHENTICATION_TOKEN,
        Refusal::IncompleteSignature(_) => INCOMPLETE_SIGNATURE,
        Refusal::InvalidSignature(_) => INVALID_SIGNATURE,
        Refusal::ExpiredToken => EXPIRED_TOKEN,
        Refusal::UnrecognizedClient => UNRECOGNIZED_CLIENT,
    };
    let name = HeaderValue::from_static(refusal.name());
    kind.problem()
        .detail(refusal.to_string())
        .header(ERROR_TYPE, name)
}

/// 403 `session-policy`.
pub(crate) fn session_policy() -> Problem {
    let name = HeaderValue::from_static("AccessDeniedException");
    SESSION_POLICY.problem().header(ERROR_TYPE, name)
}

/// 403 `forbidden`: no policy allows it, or one denies it; which is for the log.
pub(crate) fn forbidden() -> Problem {
    FORBIDDEN
        .problem()
        .detail("The shop's policies do not allow this call.")
}

/// 403 `foreign-origin`: a page of another origin brings the browser's cookie.
pub(crate) fn foreign_origin() -> Problem {
    kinds::FOREIGN_ORIGIN
        .problem()
        .detail("Only pages of the origins in the settings may.")
}

/// 405 `method-not-allowed`; these are.
pub(crate) fn method_not_allowed(allowed: HeaderValue) -> Problem {
    METHOD_NOT_ALLOWED.problem().header(header::ALLOW, allowed)
}

/// 408 `request-timeout`: the client was waited for, not the service (RFC 9110 §15.5.9).
pub(crate) fn request_timeout() -> Problem {
    REQUEST_TIMEOUT
        .problem()
        .detail("Its body had not come to its end when the time for the whole was over.")
}

/// 413 `body-too-large`.
pub(crate) fn body_too_large(limit: usize) -> Problem {
    kinds::BODY_TOO_LARGE
        .problem()
        .detail(format!("This operation takes at most {limit} bytes."))
}

/// 417 `expectation-failed`: only `100-continue` is understood (RFC 9110 §10.1.1).
pub(crate) fn expectation_failed() -> Problem {
    EXPECTATION_FAILED
        .problem()
        .detail("The only expectation understood is `100-continue`.")
}

/// 429 `too-many-requests`.
pub(crate) fn too_many_requests(wait_s: u64) -> Problem {
    TOO_MANY_REQUESTS
        .problem()
        .detail("This client has made too many requests of this kind.")
        .retry_after(wait_s.max(1))
}

/// 429 `quota-exceeded`: the plan allows no more requests today.
pub(crate) fn quota_exceeded(wait_s: u64) -> Problem {
    QUOTA_EXCEEDED
        .problem()
        .detail("Days begin at midnight, UTC.")
        .retry_after(wait_s.max(1))
}

/// 502 `bad-gateway`: the service behind us answered what it must not.
pub(crate) fn bad_gateway() -> Problem {
    BAD_GATEWAY
        .problem()
        .detail("The fault has been recorded under this request's id.")
}
