//! What can go wrong in users, as facts, and how each fact is answered.

use std::time::Duration;

use axum::response::{IntoResponse, Response};
use kit::http::{Kind, Problem};

const EMAIL_TAKEN: Kind = Kind::new(
    409,
    "email-taken",
    "An account with this e-mail address exists",
);
const WRONG_CREDENTIALS: Kind = Kind::new(
    401,
    "wrong-credentials",
    "E-mail address or password is wrong",
);
const TOO_MANY_GUESSES: Kind = Kind::new(
    429,
    "too-many-guesses",
    "Too many wrong passwords for this account",
);
const SESSION_ENDED: Kind = Kind::new(401, "session-ended", "The session has ended");
const LINK_EXPIRED: Kind = Kind::new(
    410,
    "link-expired",
    "The link has expired, or was used before",
);
const TOO_MANY_ADDRESSES: Kind = Kind::new(409, "too-many-addresses", "The address book is full");

/// Why an operation did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// An account with this e-mail address exists.
    #[error("the e-mail address is taken")]
    EmailTaken,
    /// No account has this e-mail address and password.
    #[error("wrong credentials")]
    WrongCredentials,
    /// So many passwords were wrong that this one is not looked at; the next may come after this time.
    #[error("too many wrong passwords")]
    TooManyGuesses(Duration),
    /// The refresh token is unknown, expired, or was used before.
    #[error("the session has ended")]
    SessionEnded,
    /// The link of a letter is unknown, too old, or was used before.
    #[error("the link has expired")]
    LinkExpired,
    /// The user has as many addresses as may be kept.
    #[error("too many addresses")]
    TooManyAddresses,
    /// It does not exist, or belongs to somebody else.
    #[error("not found")]
    NotFound,
    /// More passwords wait to be checked than the machine can check in time.
    #[error("too many passwords wait to be checked")]
    Busy,
    /// The store cannot be reached.
    #[error("unavailable: {0}")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A defect of ours.
    #[error("internal: {0}")]
    Internal(#[source] Box<dyn std::error::Error + Send + Sync>),
}

kit::store_errors!(Error);

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error {
            Error::EmailTaken => EMAIL_TAKEN.problem().detail("Sign in instead."),
            Error::WrongCredentials => WRONG_CREDENTIALS.problem(),
            Error::TooManyGuesses(wait) => TOO_MANY_GUESSES
                .problem()
                .detail("Wait a little, or sign in where you have signed in before.")
                .retry_after(wait.as_secs() + 1),
            Error::SessionEnded => SESSION_ENDED.problem().detail("Sign in again."),
            Error::LinkExpired => LINK_EXPIRED.problem().detail("Ask for another one."),
            Error::TooManyAddresses => TOO_MANY_ADDRESSES
                .problem()
                .detail("Delete an address that is no longer needed."),
            Error::NotFound => Self::not_found(),
            Error::Busy => Self::unavailable(),
            Error::Unavailable(cause) => Self::unavailable().because(cause),
            Error::Internal(cause) => Self::internal().because(cause),
        }
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        Problem::from(self).into_response()
    }
}
