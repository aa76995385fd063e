//! What can go wrong in reports, as facts, and how each fact is answered.

use axum::response::{IntoResponse, Response};
use kit::http::{Kind, Problem};

use crate::{period::LONGEST, reader};

const BAD_PERIOD: Kind = Kind::new(400, "bad-period", "These days are no period");
const QUERY_REFUSED: Kind = Kind::new(422, "query-refused", "The query cannot be answered");
const QUERY_TOO_COSTLY: Kind = Kind::new(422, "query-too-costly", "The query takes too much");
const TOO_MANY_QUERIES: Kind = Kind::new(429, "too-many-queries", "Too many queries are under way");

/// All of them, for the document.
pub(crate) const KINDS: &[Kind] = &[
    BAD_PERIOD,
    QUERY_REFUSED,
    QUERY_TOO_COSTLY,
    TOO_MANY_QUERIES,
];

/// Why something was not done.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The request itself is at fault.
    #[error(transparent)]
    Problem(#[from] Problem),
    /// The days are not in order, or too many.
    #[error("the days are no period")]
    BadPeriod,
    /// The database refuses the query, in these words.
    #[error("the query was refused: {0}")]
    QueryRefused(String),
    /// The query takes more time or room than it may.
    #[error("the query takes too much")]
    QueryTooCostly,
    /// As many queries as may be are under way.
    #[error("too many queries are under way")]
    TooManyQueries,
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
            Self::Problem(problem) => problem,
            Self::BadPeriod => BAD_PERIOD.problem().detail(format!(
                "`from` is not after `to`, and a period has {LONGEST} days at most."
            )),
            Self::QueryRefused(words) => QUERY_REFUSED.problem().detail(words),
            Self::QueryTooCostly => QUERY_TOO_COSTLY.problem().detail(format!(
                "A query has {} s and a little memory. Ask for fewer days, or for sums.",
                reader::TIME.as_secs()
            )),
            Self::TooManyQueries => TOO_MANY_QUERIES
                .problem()
                .detail("Others ask too. Try again in a moment.")
                .retry_after(reader::TIME.as_secs()),
            Self::Unavailable(cause) => Problem::unavailable().because(cause),
            Self::Internal(cause) => Problem::internal().because(cause),
        }
        .into_response()
    }
}
