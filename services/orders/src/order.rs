//! An order: what was bought, by whom, where it stands. What may become of it is in
//! [`change`](crate::change).
//!
//! Its types are written as callers see them and read as the stores select them, in one serde form.
//! The stores have a little more: the fields that no caller sees, a reason's products, and times as
//! milliseconds.

use std::fmt;

use jiff::{Timestamp, fmt::serde::timestamp::millisecond::required as milliseconds};
use serde::{Deserialize, Serialize};
use strum::IntoStaticStr;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    Error,
    address::Address,
    cart::{Cart, CartItem, Item, Quantity},
    money::Money,
    payment::{Payment, Token},
    saga::{Reason, Saga},
    tracking::TrackingCode,
};

/// Crockford's base 32: no letter that could be taken for a digit.
const CROCKFORD: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// Where an order stands, as a shopper sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, IntoStaticStr)]
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
    /// Whether nothing can follow.
    pub fn is_final(self) -> bool {
        match self {
            Self::Delivered | Self::Cancelled => true,
            Self::Placed | Self::Confirmed | Self::Shipped => false,
        }
    }
}

/// What the caller sent with the idempotency key, as a SHA-256 hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fingerprint(pub [u8; 32]);

/// An order.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct Order {
    /// The order's id.
    // And its idempotency key at the neighbours.
    pub id: Uuid,
    /// The order's number, for people.
    #[schema(value_type = String, example = "T-7Q2M9ZXA")]
    pub number: Number,
    /// Where it stands.
    pub status: Status,
    /// Why it was cancelled: `payment-declined`, `out-of-stock` or `shopper`.
    #[schema(required, value_type = Option<String>, example = json!(null))]
    pub reason: Option<Reason>,
    /// What was bought, at the prices of that time.
    pub lines: Vec<Line>,
    /// The lines together.
    pub subtotal: Money,
    /// 5.95 flat; free from a subtotal of 75.00.
    pub shipping: Money,
    /// 8.00 % of the subtotal.
    pub tax: Money,
    /// What the shopper pays.
    pub total: Money,
    /// Where it goes.
    pub address: Address,
    /// How it is paid.
    pub payment: Payment,
    /// When it was placed.
    #[serde(
        serialize_with = "kit::http::milliseconds",
        deserialize_with = "milliseconds::deserialize"
    )]
    #[schema(value_type = String, format = DateTime)]
    pub placed_at: Timestamp,
    /// The carrier's code for the parcel, where the staff said so.
    #[schema(required, value_type = Option<String>, example = "1Z-999-AA1-0123")]
    pub tracking_code: Option<TrackingCode>,
    /// Every change of status, in order.
    pub timeline: Vec<TimelineEntry>,
    /// Whose it is.
    #[serde(skip_serializing)]
    pub user_id: Uuid,
    /// What is left to do.
    #[serde(skip_serializing)]
    pub saga: Saga,
    /// How often it was put off since its last progress.
    #[serde(skip_serializing)]
    pub attempts: u32,
}

/// A line of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = OrderLine)]
pub struct Line {
    /// The product.
    pub product_id: Uuid,
    /// Its name at that time.
    #[schema(example = "Swiss cheese plant")]
    pub name: String,
    /// Its category at that time, where it is known.
    #[serde(skip_serializing, default)]
    pub category: Option<String>,
    /// What one piece cost.
    pub unit_price: Money,
    /// How many pieces.
    #[schema(value_type = u32, minimum = 1, maximum = 99)]
    pub quantity: Quantity,
    /// What all pieces cost.
    pub line_total: Money,
}

/// A change of status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = OrderMoment)]
pub struct TimelineEntry {
    /// 1, 2, 3 … within the order.
    #[serde(skip_serializing)]
    pub sequence: i64,
    /// When.
    #[serde(
        serialize_with = "kit::http::milliseconds",
        deserialize_with = "milliseconds::deserialize"
    )]
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// What the order became.
    pub status: Status,
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
    pub fn new(user_id: Uuid, cart: Cart, address: Address, token: Token) -> Self {
        let placed_at = now();
        Self {
            id: Uuid::now_v7(),
            number: Number::random(),
            status: Status::Placed,
            reason: None,
            lines: cart.items.into_iter().map(Line::from).collect(),
            subtotal: cart.subtotal,
            shipping: cart.shipping,
            tax: cart.tax,
            total: cart.total,
            address,
            payment: Payment::with(token),
            placed_at,
            tracking_code: None,
            timeline: vec![TimelineEntry {
                sequence: 1,
                at: placed_at,
                status: Status::Placed,
            }],
            user_id,
            saga: Saga::Placed,
            attempts: 0,
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
        self.lines.iter().map(Line::item).collect()
    }
}

impl Line {
    /// What was bought, without its price.
    pub fn item(&self) -> Item {
        Item {
            product_id: self.product_id,
            quantity: self.quantity,
        }
    }
}

impl From<CartItem> for Line {
    fn from(item: CartItem) -> Self {
        Self {
            product_id: item.product_id,
            name: item.name,
            category: item.category,
            unit_price: item.unit_price,
            quantity: item.quantity,
            line_total: item.line_total,
        }
    }
}

/// The time, as exactly as it is stored.
pub(crate) fn now() -> Timestamp {
    let now = Timestamp::now().as_millisecond();
    Timestamp::from_millisecond(now).expect("it is a time already")
}

/// An order's number: `T-` and 8 characters of Crockford's base 32, random.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
