//! Integers as JSON has them: `3` and `3.0` are one number (JSON Schema, "Validation" §6.1.1), and
//! some clients write the latter.

use serde::{
    Deserializer,
    de::{Error, Unexpected, Visitor},
};

/// The highest integer that every JSON reader keeps exact (RFC 8259 §6).
const MAX_EXACT: f64 = 9_007_199_254_740_991.0;

/// Reads an integer, however it is written: `#[serde(deserialize_with = "kit::http::integer")]`.
pub fn integer<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    deserializer.deserialize_i64(Integer)
}

struct Integer;

impl Visitor<'_> for Integer {
    type Value = i64;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an integer")
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<i64, E> {
        Ok(value)
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<i64, E> {
        value
            .try_into()
            .map_err(|_| E::invalid_value(Unexpected::Unsigned(value), &self))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<i64, E> {
        if value.fract() == 0.0 && value.abs() <= MAX_EXACT {
            #[expect(clippy::cast_possible_truncation, reason = "whole and small enough")]
            Ok(value as i64)
        } else {
            Err(E::invalid_type(Unexpected::Float(value), &self))
        }
    }
}
