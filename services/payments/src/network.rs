//! The card network: a port, and a simulation that tokens steer.
//!
//! A network is idempotent by the key it is given, here the order's id: asked again for the same
//! order, it answers the same and holds nothing twice. That is why one durable write an
//! authorisation is enough, made after the answer: who died in between asks again.

use async_trait::async_trait;
use uuid::Uuid;

use crate::payment::{Amount, State, Token};

/// What the network said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The amount is held.
    Approved,
    /// Refused.
    Declined,
    /// No answer in time; asking again will tell.
    Unknown,
}

impl Outcome {
    /// The payment's state after this answer.
    pub fn state(self) -> State {
        match self {
            Self::Approved => State::Authorised,
            Self::Declined => State::Declined,
            Self::Unknown => State::Unknown,
        }
    }
}

/// Holds money on cards.
#[async_trait]
pub trait CardNetwork: Send + Sync {
    /// Asks for a hold, in the name of `order_id`; repeatable. `asked` is how often it was asked
    /// before.
    async fn authorise(
        &self,
        order_id: Uuid,
        token: &Token,
        amount: &Amount,
        asked: u32,
    ) -> Outcome;
}

/// `tok_visa` and `tok_mastercard` are approved, `tok_unknown` times out once and is approved
/// then, every other token is declined.
#[derive(Clone, Copy, Debug, Default)]
pub struct SimulatedNetwork;

#[async_trait]
impl CardNetwork for SimulatedNetwork {
    async fn authorise(&self, _: Uuid, token: &Token, _: &Amount, asked: u32) -> Outcome {
        match (token.as_str(), asked) {
            ("tok_visa" | "tok_mastercard", _) | ("tok_unknown", 1..) => Outcome::Approved,
            ("tok_unknown", 0) => Outcome::Unknown,
            _ => Outcome::Declined,
        }
    }
}

/// What may be shown of a card: its brand and last four digits.
pub fn card(token: &Token) -> (&'static str, &'static str) {
    match token.as_str() {
        "tok_visa" => ("visa", "4242"),
        "tok_mastercard" => ("mastercard", "4444"),
        "tok_declined" => ("visa", "0002"),
        "tok_unknown" => ("visa", "0119"),
        _ => ("unknown", "0000"),
    }
}
