//! An order: what was bought, by whom, where it stands.

use std::fmt;

use jiff::Timestamp;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    address::Address,
    cart::{Item, Line, Totals},
    payments::Token,
    saga::{Reason, Saga},
    tracking::TrackingCode,
};

/// Crockford's base 32: no letter that could be taken for a digit.
const CROCKFORD: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// Where an order stands, as a shopper sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
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
        match self {
            Self::Placed => "placed",
            Self::Confirmed => "confirmed",
            Self::Shipped => "shipped",
            Self::Delivered => "delivered",
            Self::Cancelled => "cancelled",
        }
    }

    /// The status with this name.
    pub fn named(name: &str) -> Option<Self> {
        use Status::{Cancelled, Confirmed, Delivered, Placed, Shipped};
        let all = [Placed, Confirmed, Shipped, Delivered, Cancelled];
        all.into_iter().find(|status| status.name() == name)
    }

    /// Whether nothing can follow.
    pub fn is_final(self) -> bool {
        match self {
            Self::Delivered | Self::Cancelled => true,
            Self::Placed | Self::Confirmed | Self::Shipped => false,
        }
    }
}

/// Where an order's payment stands, as far as this service knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum PaymentStatus {
    /// Not known yet.
    Pending,
    /// Held on the card.
    Authorised,
    /// Taken.
    Captured,
    /// Refused.
    Declined,
    /// Released, or never to be made.
    Voided,
    /// Given back.
    Refunded,
}

impl PaymentStatus {
    /// Its name, in answers and in the store.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Authorised => "authorised",
            Self::Captured => "captured",
            Self::Declined => "declined",
            Self::Voided => "voided",
            Self::Refunded => "refunded",
        }
    }

    /// The status with this name.
    pub fn named(name: &str) -> Option<Self> {
        use PaymentStatus::{Authorised, Captured, Declined, Pending, Refunded, Voided};
        let all = [Pending, Authorised, Captured, Declined, Voided, Refunded];
        all.into_iter().find(|status| status.name() == name)
    }
}

/// How an order is paid. The token stays no longer than until the card has answered.
#[derive(Clone, Debug)]
pub struct Payment {
    /// Stands for the card until it has answered.
    pub token: Option<Token>,
    /// The card's brand, once known.
    pub brand: Option<String>,
    /// The card's last four digits, once known.
    pub last4: Option<String>,
    /// Where the payment stands.
    pub status: PaymentStatus,
}

/// One change of status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
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
    /// What was bought, at the prices of that moment.
    pub lines: Vec<Line>,
    /// What it comes to.
    pub totals: Totals,
    /// Where it goes.
    pub address: Address,
    /// How it is paid.
    pub payment: Payment,
    /// When it was placed.
    pub placed_at: Timestamp,
    /// What the carrier calls the parcel, where the staff said so.
    pub tracking_code: Option<TrackingCode>,
    /// How often it was put off since its last progress.
    pub attempts: u32,
    /// Every change of status, in order.
    pub timeline: Vec<Moment>,
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
    /// What was bought, without prices.
    pub fn items(&self) -> Vec<Item> {
        self.lines.iter().map(|line| line.item).collect()
    }
}

/// An order's number: `T-` and 8 characters of Crockford's base 32, random.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Number(String);

impl Number {
    /// A new one; whether it is free only the store knows.
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
