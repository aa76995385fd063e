//! What can go wrong in users, as facts, and how each fact is answered.

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use kit::http::Problem;

/// Why an operation did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// An account with this e-mail address exists.
    #[error("the e-mail address is taken")]
    EmailTaken,
    /// No account has this e-mail address and password.
    #[error("wrong credentials")]
    WrongCredentials,
    /// The refresh token is unknown, expired, or was used before.
    #[error("the session has ended")]
    SessionEnded,
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

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        match self {
            Self::EmailTaken => Problem::new(
                StatusCode::CONFLICT,
                "email-taken",
                "An account with this e-mail address exists",
            )
            .detail("Sign in instead."),
            Self::WrongCredentials => Problem::new(
                StatusCode::UNAUTHORIZED,
                "wrong-credentials",
                "E-mail address or password is wrong",
            ),
            Self::SessionEnded => Problem::new(
                StatusCode::UNAUTHORIZED,
                "session-ended",
                "The session has ended",
            )
            .detail("Sign in again."),
            Self::TooManyAddresses => Problem::new(
                StatusCode::CONFLICT,
                "too-many-addresses",
                "The address book is full",
            )
            .detail("Delete an address that is no longer needed."),
            Self::NotFound => Problem::not_found(),
            Self::Busy => Problem::unavailable(),
            Self::Unavailable(cause) => Problem::unavailable().because(cause),
            Self::Internal(cause) => Problem::internal().because(cause),
        }
        .into_response()
    }
}
