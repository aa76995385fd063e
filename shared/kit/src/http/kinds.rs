//! The kinds of problems that every service may answer with. `docs/problems.md` describes each, and
//! a test compares the page with them.

use super::Kind;

/// It could be understood in two ways.
pub const BAD_REQUEST: Kind = Kind::new(400, "bad-request", "The request could not be read");

/// The body is not JSON.
pub const INVALID_JSON: Kind = Kind::new(400, "invalid-json", "The body is not valid JSON");

/// A path or query parameter does not have its form.
pub const BAD_PARAMETER: Kind = Kind::new(400, "bad-parameter", "A parameter is not valid");

/// A cursor is none of ours, or one of another list.
pub const BAD_CURSOR: Kind = Kind::new(400, "bad-cursor", "This cursor is not one of this list");

/// A creating call came without its key.
pub const IDEMPOTENCY_KEY_MISSING: Kind = Kind::new(
    400,
    "idempotency-key-missing",
    "This call needs an Idempotency-Key",
);

/// The body is JSON and breaks rules.
pub const INVALID_BODY: Kind = Kind::new(422, "invalid-body", "The body breaks a rule");

/// The body is of a kind that the operation does not read.
pub const UNSUPPORTED_MEDIA_TYPE: Kind = Kind::new(
    415,
    "unsupported-media-type",
    "This media type is not understood here",
);

/// The body is over the operation's limit.
pub const BODY_TOO_LARGE: Kind = Kind::new(413, "body-too-large", "The body is too large");

/// It does not exist, or not for this caller.
pub const NOT_FOUND: Kind = Kind::new(404, "not-found", "There is nothing here");

/// The operation needs a signed-in user.
pub const SIGN_IN_REQUIRED: Kind = Kind::new(401, "sign-in-required", "Sign in first");

/// The operation is for the group `staff`.
pub const STAFF_ONLY: Kind = Kind::new(403, "staff-only", "Only the shop's staff may do this");

/// The operation is for the group `manager`.
pub const MANAGERS_ONLY: Kind =
    Kind::new(403, "managers-only", "Only the shop's managers may do this");

/// The caller token is missing, or none that the service trusts.
pub const UNTRUSTED_CALLER: Kind =
    Kind::new(401, "untrusted-caller", "This caller is not trusted here");

/// A page of another origin brings the browser's cookie.
pub const FOREIGN_ORIGIN: Kind = Kind::new(
    403,
    "foreign-origin",
    "This page may not use the shop's sessions",
);

/// A change does not say which version it changes.
pub const PRECONDITION_REQUIRED: Kind =
    Kind::new(428, "precondition-required", "Say which version you change");

/// What is to be changed has changed since it was read.
pub const PRECONDITION_FAILED: Kind = Kind::new(
    412,
    "precondition-failed",
    "This has changed since you read it",
);

/// An idempotency key came with another request before.
pub const KEY_REUSED: Kind = Kind::new(422, "key-reused", "The same key came with another request");

/// What is there is in a state that does not allow this.
pub const WRONG_STATE: Kind =
    Kind::new(409, "wrong-state", "The present state does not allow this");

/// Something that the answer needs cannot be reached now.
pub const UNAVAILABLE: Kind = Kind::new(503, "unavailable", "Temporarily unavailable");

/// No answer came in time.
pub const TIMEOUT: Kind = Kind::new(504, "timeout", "A part of the shop took too long");

/// A defect of ours.
pub const INTERNAL: Kind = Kind::new(500, "internal", "Something went wrong on our side");

/// All of them, for documents.
pub(super) const ALL: &[Kind] = &[
    BAD_REQUEST,
    INVALID_JSON,
    BAD_PARAMETER,
    BAD_CURSOR,
    IDEMPOTENCY_KEY_MISSING,
    INVALID_BODY,
    UNSUPPORTED_MEDIA_TYPE,
    BODY_TOO_LARGE,
    NOT_FOUND,
    SIGN_IN_REQUIRED,
    STAFF_ONLY,
    MANAGERS_ONLY,
    UNTRUSTED_CALLER,
    FOREIGN_ORIGIN,
    PRECONDITION_REQUIRED,
    PRECONDITION_FAILED,
    KEY_REUSED,
    WRONG_STATE,
    UNAVAILABLE,
    TIMEOUT,
    INTERNAL,
];
