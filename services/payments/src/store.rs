//! The port to payments.db.

pub mod postgres;
pub mod sqlite;

use async_trait::async_trait;
use uuid::Uuid;

use crate::{
    Error,
    payment::{Action, Amount, Moved, Payment, Record, State, Token},
};

/// Payments by order, and the ledger of the money that they moved.
#[async_trait]
pub trait Store: Send + Sync {
    /// The order's payment.
    async fn find(&self, order_id: Uuid) -> Result<Option<Payment>, Error>;

    /// Stores an intent or what the network said to it, unless the order's payment has an answer
    /// already or is another one: the stored payment is returned. Of two that race, both get the
    /// first one's.
    async fn answer(&self, payment: &Payment) -> Result<Payment, Error>;

    /// Applies `action` by the rules of [`State::after`], forgets the card's token, and writes the
    /// ledger, atomically.
    /// `None`, with nothing changed, when the payment is no longer in the state `seen`. Voiding an
    /// order without a payment stores a voided one, so that a late authorisation is refused.
    async fn advance(
        &self,
        order_id: Uuid,
        seen: Option<State>,
        action: Action,
    ) -> Result<Option<Payment>, Error>;

    /// What was moved for each order, in the order of their ids, from the one after `after` on.
    async fn ledger(&self, after: Option<Uuid>, limit: u32) -> Result<Vec<Moved>, Error>;

    /// All that is kept of these orders' payments, in the order of their ids.
    async fn records(&self, order_ids: &[Uuid]) -> Result<Vec<Record>, Error>;

    /// Whether the store answers.
    async fn ping(&self) -> Result<(), Error>;
}

/// Stands where an order must never be charged.
fn tombstone(order_id: Uuid) -> Payment {
    Payment {
        order_id,
        state: State::Voided,
        token: Token::forgotten(),
        amount: Amount::new(1, "USD").expect("above zero"),
        asked: 0,
    }
}

/// What `action` is called in the ledger, if it moves money.
fn entry(action: Action) -> Option<&'static str> {
    match action {
        Action::Capture => Some("capture"),
        Action::Refund => Some("refund"),
        Action::Void => None,
    }
}
