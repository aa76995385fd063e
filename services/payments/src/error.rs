//! What can go wrong in payments, as facts, and how each fact is answered.

use axum::response::{IntoResponse, Response};
use kit::http::{Problem, kinds};

/// Why an operation did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The payment is in a state that does not allow this.
    #[error("wrong state")]
    WrongState,
    /// The order was authorised before, with another token or amount.
    #[error("the order has another payment")]
    KeyReused,
    /// The order has no payment.
    #[error("not found")]
    NotFound,
    /// The request is refused for a reason that every service may have.
    #[error(transparent)]
    Problem(#[from] Problem),
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
            Error::WrongState => kinds::WRONG_STATE.problem(),
            Error::KeyReused => kinds::KEY_REUSED.problem(),
            Error::NotFound => Self::not_found(),
            Error::Problem(problem) => problem,
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
