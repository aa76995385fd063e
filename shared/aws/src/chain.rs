//! Errors of the SDK, told with their causes.

use std::error::Error;

/// An error and what caused it, as sentences.
pub fn chain(error: &dyn Error) -> String {
    let mut told = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        told = format!("{told}: {cause}");
        next = cause.source();
    }
    told
}
