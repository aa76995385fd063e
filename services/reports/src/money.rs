//! Money, as events tell it and as callers see it.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The shop's currency, ISO 4217.
const CURRENCY: &str = "USD";

/// Money on the wire.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct Money {
    /// In minor units, e.g. cents.
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_u64, example = 1299)]
    pub(crate) amount: i64,
    /// ISO 4217.
    #[schema(pattern = "^USD$", example = "USD")]
    pub(crate) currency: String,
}

impl Money {
    /// So many cents.
    pub(crate) fn cents(amount: i64) -> Self {
        Self {
            amount,
            currency: CURRENCY.to_owned(),
        }
    }
}
