//! What can go wrong in nursery, as facts, and how each fact is answered.

use axum::response::{IntoResponse, Response};
use kit::http::{Problem, kinds};

/// Why an operation did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such seedling.
    #[error("not found")]
    NotFound,
    /// The idempotency key came before, with another seedling.
    #[error("the key was used before")]
    KeyReused,
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

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        match self {
            Self::NotFound => Problem::not_found(),
            Self::KeyReused => kinds::KEY_REUSED.problem(),
            Self::Problem(problem) => problem,
            Self::Unavailable(cause) => Problem::unavailable().because(cause),
            Self::Internal(cause) => Problem::internal().because(cause),
        }
        .into_response()
    }
}
