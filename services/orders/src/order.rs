//! An order: what was bought, by whom, where it stands. What may become of it is in
//! [`change`](crate::change).

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr, VariantArray};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    Error,
    address::Address,
    cart::{Item, Line, PricedCart, Totals},
    payment::{Payment, Token},
    saga::{Reason, Saga},
    tracking::TrackingCode,
};

/// Crockford's base 32: no letter that could be taken for a digit.
const CROCKFORD: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// Where an order stands, as a shopper sees it.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Serialize,
    Deserialize,
    ToSchema,
    EnumString,
    IntoStaticStr,
    VariantArray,
)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
#[schema(as = OrderStatus)]
pub enum Status {
    /// Accepted; stock and payment are being seen to.
    Placed,
    /// Stock and money are certain.
    Confirmed,
    /// On its way.
    Shipped,
    /// Arrived.
    Delivered,
    /// Refused or cancelled; stock and money go back.
    Cancelled,
}

impl Status {
    /// Its name, in answers and in the store.
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// Whether nothing can follow.
    pub fn is_final(self) -> bool {
        match self {
            Self::Delivered | Self::Cancelled => true,
            Self::Placed | Self::Confirmed | Self::Shipped => false,
        }
    }
}

/// One change of status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimelineEntry {
    /// 1, 2, 3 … within the order.
    pub sequence: i64,
    /// What it became.
    pub status: Status,
    /// When.
    pub at: Timestamp,
}

/// What the caller sent with the idempotency key, as a SHA-256 hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fingerprint(pub [u8; 32]);

/// An order.
#[derive(Clone)]
pub struct Order {
    /// Its id, and its idempotency key at the neighbours.
    pub id: Uuid,
    /// Its number for people.
    pub number: Number,
    /// Whose it is.
    pub user_id: Uuid,
    /// What the shopper sees.
    pub status: Status,
    /// What is left to do.
    pub saga: Saga,
    /// Why it was cancelled, if it was.
    pub reason: Option<Reason>,
    /// What was bought, at the prices of that time.
    pub lines: Vec<Line>,
    /// What it comes to.
    pub totals: Totals,
    /// Where it goes.
    pub address: Address,
    /// How it is paid.
    pub payment: Payment,
    /// When it was placed.
    pub placed_at: Timestamp,
    /// The carrier's code for the parcel, where the staff said so.
    pub tracking_code: Option<TrackingCode>,
    /// How often it was put off since its last progress.
    pub attempts: u32,
    /// Every change of status, in order.
    pub timeline: Vec<TimelineEntry>,
}

impl fmt::Debug for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Order")
            .field("id", &self.id)
            .field("status", &self.status)
            .field("saga", &self.saga)
            .finish_non_exhaustive()
    }
}

impl Order {
    /// A new order, placed now.
    pub fn new(user_id: Uuid, cart: PricedCart, address: Address, token: Token) -> Self {
        let placed_at = now();
        Self {
            id: Uuid::now_v7(),
            number: Number::random(),
            user_id,
            status: Status::Placed,
            saga: Saga::Placed,
            reason: None,
            lines: cart.lines.into_iter().map(|(line, _)| line).collect(),
            totals: cart.totals,
            address,
            payment: Payment::with(token),
            placed_at,
            tracking_code: None,
            attempts: 0,
            timeline: vec![TimelineEntry {
                sequence: 1,
                status: Status::Placed,
                at: placed_at,
            }],
        }
    }

    /// The order, if it is this user's; [`Error::NotFound`] otherwise.
    pub fn of(self, user_id: Uuid) -> Result<Self, Error> {
        match self.user_id == user_id {
            true => Ok(self),
            false => Err(Error::NotFound),
        }
    }

    /// What was bought, without prices.
    pub fn items(&self) -> Vec<Item> {
        self.lines.iter().map(|line| line.item).collect()
    }
}

/// The time, as exactly as it is stored.
pub(crate) fn now() -> Timestamp {
    let now = Timestamp::now().as_millisecond();
    Timestamp::from_millisecond(now).expect("it is a time already")
}

/// An order's number: `T-` and 8 characters of Crockford's base 32, random.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Number(String);

impl Number {
    /// A random number. The store refuses one that another order has.
    pub fn random() -> Self {
        let random = Uuid::new_v4().into_bytes();
        // The first and last bytes of a v4 UUID are all random; 6 to 8 hold version and variant.
        let bytes = random[..4].iter().chain(&random[12..]);
        let letters = bytes.map(|byte| char::from(CROCKFORD[usize::from(byte % 32)]));
        Self(format!("T-{}", letters.collect::<String>()))
    }

    /// A number as stored.
    pub fn stored(number: String) -> Self {
        Self(number)
    }

    /// The number as written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_t_and_eight_unmistakable_characters() {
        let number = Number::random();

        let letters = number.as_str().strip_prefix("T-").unwrap();
        assert_eq!(letters.len(), 8);
        assert!(letters.bytes().all(|letter| CROCKFORD.contains(&letter)));
        assert_ne!(number, Number::random());
    }
}
