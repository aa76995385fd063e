//! How an order is paid: the card's token, what may be shown of the card, where the payment stands.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr, VariantArray};
use utoipa::ToSchema;

/// Stands for a card: `tok_` and 1 to 32 small letters. Shows nothing in logs.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// The token as sent.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Token {
    type Err = &'static str;

    fn from_str(value: &str) -> Result<Self, Self::Err> {
        let letters = value.strip_prefix("tok_").unwrap_or_default();
        if (1..=32).contains(&letters.len()) && letters.bytes().all(|b| b.is_ascii_lowercase()) {
            Ok(Self(value.to_owned()))
        } else {
            Err("is `tok_` and 1 to 32 small letters")
        }
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

/// What may be shown of a card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Card {
    /// Its brand.
    pub brand: String,
    /// Its last four digits.
    pub last4: String,
}

/// Where an order's payment stands, as far as this service knows.
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
        self.into()
    }
}

/// How an order is paid.
#[derive(Clone, Debug)]
pub struct Payment {
    /// Stands for the card; it is forgotten as soon as the card has answered, or need not answer
    /// any more.
    pub token: Option<Token>,
    /// The card, once known.
    pub card: Option<Card>,
    /// Where the payment stands.
    pub status: PaymentStatus,
}

impl Payment {
    /// A payment that is still to be made.
    pub fn with(token: Token) -> Self {
        Self {
            token: Some(token),
            card: None,
            status: PaymentStatus::Pending,
        }
    }

    /// Notes that the money is back. A declined payment stays declined for the shopper, although
    /// payments voids it.
    pub fn compensated(&mut self, status: PaymentStatus) {
        if self.status != PaymentStatus::Declined {
            self.status = status;
        }
    }
}
