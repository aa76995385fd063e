//! Stock set aside for an order: all lines or none, once per order, for a while.

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use strum::{AsRefStr, EnumString};
use uuid::Uuid;

/// How long stock is held for an order that is neither committed nor released.
pub const HOLD: SignedDuration = SignedDuration::from_mins(15);

/// So many pieces of a product.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// The product.
    pub product_id: Uuid,
    /// 1 to 99.
    pub quantity: i64,
}

/// Where a reservation stands. Its name in lower case is what the store keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, AsRefStr, EnumString)]
#[strum(serialize_all = "lowercase")]
pub enum State {
    /// The stock is set aside.
    Held,
    /// The stock is sold.
    Committed,
    /// The stock was given back, or will never be taken: a late reserve is refused.
    Released,
    /// The hold has lapsed; the stock was given back.
    Expired,
}

impl State {
    /// Whether stock is out for it.
    pub fn has_stock(self) -> bool {
        matches!(self, Self::Held | Self::Committed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_are_stored_by_the_names_that_running_databases_hold() {
        for (state, name) in [
            (State::Held, "held"),
            (State::Committed, "committed"),
            (State::Released, "released"),
            (State::Expired, "expired"),
        ] {
            assert_eq!(state.as_ref(), name);
            assert_eq!(name.parse(), Ok(state));
        }
        assert!("Held".parse::<State>().is_err());
    }
}
