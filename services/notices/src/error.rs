//! What can go wrong in notices, as facts, and how each fact is answered.

use axum::response::{IntoResponse, Response};
use kit::http::Problem;

/// Why something was not done.
#[derive(Debug, thiserror::Error)]
pub enum Error {
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
            Self::Unavailable(cause) => Problem::unavailable().because(cause),
            Self::Internal(cause) => Problem::internal().because(cause),
        }
        .into_response()
    }
}
