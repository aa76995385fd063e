//! How an order is paid: the card's token, what may be shown of the card, where the payment stands.

use std::fmt;

use serde::{Deserialize, Serialize};
use strum::IntoStaticStr;
use utoipa::ToSchema;

/// Stands for a card: `tok_` and 1 to 32 small letters. Shows nothing in logs.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Token(String);

impl Token {
    /// The token as sent.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Token {
    type Error = &'static str;

    fn try_from(value: String) -> Result<Self, Self::Error> {
        let letters = value.strip_prefix("tok_").unwrap_or_default();
        if (1..=32).contains(&letters.len()) && letters.bytes().all(|b| b.is_ascii_lowercase()) {
            Ok(Self(value))
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
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Card {
    /// Its brand.
    pub brand: String,
    /// Its last four digits.
    pub last4: String,
}

/// Where an order's payment stands, as far as this service knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, IntoStaticStr)]
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

/// How an order is paid.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = OrderPayment)]
pub struct Payment {
    /// Stands for the card; it is forgotten as soon as the card has answered, or need not answer
    /// any more. Nobody is told of it.
    #[serde(skip_serializing)]
    pub token: Option<Token>,
    /// The card's brand, once known.
    #[schema(required, example = "visa")]
    pub brand: Option<String>,
    /// The card's last four digits, once known.
    #[schema(required, example = "4242")]
    pub last4: Option<String>,
    /// Where the payment stands.
    pub status: PaymentStatus,
}

impl Payment {
    /// A payment that is still to be made.
    pub fn with(token: Token) -> Self {
        Self {
            token: Some(token),
            brand: None,
            last4: None,
            status: PaymentStatus::Pending,
        }
    }

    /// Notes which card it is.
    pub fn note_card(&mut self, card: Card) {
        self.brand = Some(card.brand);
        self.last4 = Some(card.last4);
    }

    /// Notes that the money is back. A declined payment stays declined for the shopper, although
    /// payments voids it.
    pub fn compensated(&mut self, status: PaymentStatus) {
        if self.status != PaymentStatus::Declined {
            self.status = status;
        }
    }
}
