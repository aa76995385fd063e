//! Stock set aside for an order: all lines or none, once per order, for a while.

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
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

/// Where a reservation stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
    /// Its name in the store.
    pub fn name(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Committed => "committed",
            Self::Released => "released",
            Self::Expired => "expired",
        }
    }

    /// The state with this name.
    pub fn named(name: &str) -> Option<Self> {
        let all = [Self::Held, Self::Committed, Self::Released, Self::Expired];
        all.into_iter().find(|state| state.name() == name)
    }

    /// Whether stock is out for it.
    pub fn has_stock(self) -> bool {
        matches!(self, Self::Held | Self::Committed)
    }
}
