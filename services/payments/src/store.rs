//! The port to payments.db.

pub mod sqlite;

use async_trait::async_trait;
use uuid::Uuid;

use crate::{
    Error,
    payment::{Action, Payment},
};

/// Payments by order.
#[async_trait]
pub trait Store: Send + Sync {
    /// The order's payment.
    async fn find(&self, order_id: Uuid) -> Result<Option<Payment>, Error>;

    /// Stores what the network said, unless the order's payment has an answer already: the stored
    /// payment is returned. Of two that race, both get the first one's.
    async fn answer(&self, payment: &Payment) -> Result<Payment, Error>;

    /// Applies `action` by the rules of [`crate::payment::State::after`], atomically. Voiding an
    /// order without a payment stores a voided one, so that a late authorisation is refused.
    async fn apply(&self, order_id: Uuid, action: Action) -> Result<Payment, Error>;

    /// Whether the store answers.
    fn ping(&self) -> Result<(), Error>;
}
