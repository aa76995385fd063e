//! The card network: a port, and a simulation that tokens steer.
//!
//! A network is idempotent by the key it is given, here the order's id: asked again for the same
//! order, it answers the same and holds nothing twice. Whoever died between its answer and our row
//! asks again. A network that keeps holds of its own is asked only after the intent is durable
//! here, so that no hold can exist there of which payments.db knows nothing; the simulation keeps
//! none, which spares that commit.

use std::{fmt, sync::Arc};

use async_trait::async_trait;

use crate::{
    Error,
    payment::{Action, Payment, State, Token},
};

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

/// Holds money on cards, and moves it. Everything is asked in the name of the payment's order and
/// repeatable. An adapter bounds its own time: payments waits as long as it does.
#[async_trait]
pub trait CardNetwork: Send + Sync {
    /// Whether it keeps holds outside payments.db. Then the payment is stored as unknown before
    /// the network is asked for the first time.
    fn keeps_holds(&self) -> bool;

    /// Asks for a hold of the payment's amount.
    async fn authorise(&self, payment: &Payment) -> Outcome;

    /// Takes, releases or gives back the payment's amount. Releasing what it never held succeeds.
    /// `Unavailable` when it cannot be reached, `WrongState` when it refuses.
    async fn settle(&self, payment: &Payment, action: Action) -> Result<(), Error>;
}

/// `tok_visa` and `tok_mastercard` are approved, `tok_unknown` times out once and is approved
/// then, every other token is declined. It is a function of what it is asked and keeps nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct SimulatedNetwork;

#[async_trait]
impl CardNetwork for SimulatedNetwork {
    fn keeps_holds(&self) -> bool {
        false
    }

    async fn authorise(&self, payment: &Payment) -> Outcome {
        match (payment.token.as_str(), payment.asked) {
            ("tok_visa" | "tok_mastercard", _) | ("tok_unknown", 1..) => Outcome::Approved,
            ("tok_unknown", 0) => Outcome::Unknown,
            _ => Outcome::Declined,
        }
    }

    async fn settle(&self, _: &Payment, _: Action) -> Result<(), Error> {
        Ok(())
    }
}

/// The network that is asked; clones share it. By default cards are simulated.
#[derive(Clone)]
pub struct Network(pub Arc<dyn CardNetwork>);

impl Default for Network {
    fn default() -> Self {
        Self(Arc::new(SimulatedNetwork))
    }
}

impl fmt::Debug for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Network")
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
