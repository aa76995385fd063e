//! What can go wrong in the catalog, as facts, and how each fact is answered.

use axum::response::{IntoResponse, Response};
use kit::http::{FieldError, IfMatch, Kind, Problem, kinds};

use crate::photo::Refused;

const SLUG_TAKEN: Kind = Kind::new(409, "slug-taken", "Another product has this slug");
const OUT_OF_STOCK: Kind = Kind::new(409, "out-of-stock", "Not everything is in stock");
const NO_DIRECT_UPLOADS: Kind = Kind::new(
    409,
    "no-direct-uploads",
    "Pictures come through the shop here",
);
const UNSUPPORTED_IMAGE: Kind = Kind::new(
    415,
    "unsupported-image",
    "This is no picture that the shop can show",
);

/// All of them, for the document.
pub(crate) const KINDS: &[Kind] = &[
    SLUG_TAKEN,
    OUT_OF_STOCK,
    NO_DIRECT_UPLOADS,
    UNSUPPORTED_IMAGE,
];

/// Why an operation did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The request is refused for a reason that every service may have.
    #[error(transparent)]
    Problem(#[from] Problem),
    /// It does not exist.
    #[error("not found")]
    NotFound,
    /// Another product has this slug.
    #[error("the slug is taken")]
    SlugTaken,
    /// The category does not exist.
    #[error("unknown category")]
    UnknownCategory,
    /// The product was changed since the caller read it.
    #[error("changed meanwhile")]
    Changed,
    /// These lines of a reservation, counted from 0, cannot be had.
    #[error("out of stock: lines {0:?}")]
    OutOfStock(Vec<usize>),
    /// The order was reserved before, with other lines.
    #[error("the order has another reservation")]
    KeyReused,
    /// The reservation is in a state that does not allow this.
    #[error("wrong state")]
    WrongState,
    /// Not a picture that we show.
    #[error("unsupported image")]
    UnsupportedImage,
    /// A picture of more pixels than we decode.
    #[error("too many pixels")]
    TooManyPixels,
    /// The picture is over the limit.
    #[error("the image is too large")]
    ImageTooLarge,
    /// Pictures are kept where browsers cannot send them to.
    #[error("no direct uploads")]
    NoDirectUploads,
    /// The store or what keeps the pictures cannot be reached.
    #[error("unavailable: {0}")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A fault of this shop.
    #[error("internal: {0}")]
    Internal(#[source] Box<dyn std::error::Error + Send + Sync>),
}

kit::store_errors!(Error);

impl Error {
    /// Whether it is certain that nothing was changed.
    pub fn is_refusal(&self) -> bool {
        !matches!(self, Self::Unavailable(_) | Self::Internal(_))
    }
}

impl From<Refused> for Error {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Unreadable => Self::UnsupportedImage,
            Refused::TooManyPixels => Self::TooManyPixels,
        }
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        match self {
            Self::Problem(problem) => problem,
            Self::NotFound => Problem::not_found(),
            Self::SlugTaken => SLUG_TAKEN.problem(),
            Self::UnknownCategory => kinds::INVALID_BODY.problem().errors(vec![FieldError {
                pointer: "/category".to_owned(),
                detail: "is none of the categories".to_owned(),
            }]),
            Self::Changed => IfMatch::failed(),
            Self::OutOfStock(lines) => {
                let errors = lines.into_iter().map(|line| FieldError {
                    pointer: format!("/lines/{line}"),
                    detail: "is not in stock in this quantity".to_owned(),
                });
                OUT_OF_STOCK.problem().errors(errors.collect())
            }
            Self::KeyReused => kinds::KEY_REUSED.problem(),
            Self::WrongState => kinds::WRONG_STATE.problem(),
            Self::UnsupportedImage => UNSUPPORTED_IMAGE.problem().detail(
                "Send a whole PNG, JPEG or WebP file. SVG is refused: it may carry scripts.",
            ),
            Self::TooManyPixels => UNSUPPORTED_IMAGE.problem().detail(
                "A picture has at most 25 million pixels, and 16,383 on a side. Send it smaller.",
            ),
            Self::ImageTooLarge => kinds::BODY_TOO_LARGE
                .problem()
                .detail("A picture has at most 10 MiB."),
            Self::NoDirectUploads => NO_DIRECT_UPLOADS
                .problem()
                .detail("Send the file to the product's image."),
            Self::Unavailable(cause) => Problem::unavailable().because(cause),
            Self::Internal(cause) => Problem::internal().because(cause),
        }
        .into_response()
    }
}

#[cfg(test)]
mod tests {
    use kit::store::PostgresError;
    use rusqlite::ffi;

    use super::*;

    #[test]
    fn a_store_that_cannot_be_reached_is_unavailable_and_one_that_is_wrong_is_internal() {
        let sqlite = |code| rusqlite::Error::SqliteFailure(ffi::Error::new(code), None).into();

        let busy: Error = sqlite(ffi::SQLITE_BUSY);
        let full: Error = sqlite(ffi::SQLITE_FULL);
        let wrong = [
            sqlite(ffi::SQLITE_CONSTRAINT_CHECK),
            sqlite(ffi::SQLITE_ERROR),
            rusqlite::Error::InvalidColumnIndex(9).into(),
            PostgresError::Corrupt("price").into(),
        ];

        assert!(matches!(busy, Error::Unavailable(_)));
        assert!(matches!(full, Error::Unavailable(_)));
        for fault in wrong {
            assert!(matches!(fault, Error::Internal(_)), "{fault}");
            assert_eq!(fault.into_response().status(), 500);
        }
    }
}
