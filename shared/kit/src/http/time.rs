//! Times as callers see them.

use jiff::Timestamp;
use serde::Serializer;

/// Writes a time with milliseconds, whatever it has, so that times sort as text:
/// `#[serde(serialize_with = "kit::http::milliseconds")]`.
pub fn milliseconds<S: Serializer>(at: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&format_args!("{at:.3}"))
}
