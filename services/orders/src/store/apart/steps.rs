//! What is left to do at carts that are kept apart, as the store of the orders remembers it.

use async_trait::async_trait;
use jiff::Timestamp;
use strum::IntoStaticStr;
use uuid::Uuid;

use crate::{
    Error,
    order::Order,
    store::{Lease, Store},
};

/// What is left to do at the cart of an order. The store has its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, IntoStaticStr)]
#[strum(serialize_all = "lowercase")]
pub enum CartStep {
    /// Its lines have to come out. Until then the order is not placed: no other method finds it.
    Take,
    /// Its lines have to go back.
    Return,
}

/// A store of orders that leaves the carts to somebody else. Its [`Store::place`] does not look at the cart: the
/// order has [`CartStep::Take`] then. Its [`Store::advance`] returns nothing: the order has [`CartStep::Return`] then.
#[async_trait]
pub trait CartSteps: Store {
    /// The user's order with this key whose lines are to be taken.
    async fn waiting(&self, user_id: Uuid, key: &str) -> Result<Option<Order>, Error>;

    /// Takes over orders that have this step and that nobody drives at `now`, at most `limit`, as
    /// [`Store::claim_due`] does.
    async fn claim_cart_steps(
        &self,
        step: CartStep,
        now: Timestamp,
        lease: &Lease,
        limit: u32,
    ) -> Result<Vec<Order>, Error>;

    /// The step is done; repeatable, and nothing changes if the order has another one.
    async fn end_cart_step(&self, id: Uuid, step: CartStep) -> Result<(), Error>;

    /// Forgets an order whose lines cannot be taken; repeatable, and nothing changes if it is placed by now.
    async fn withdraw(&self, id: Uuid) -> Result<(), Error>;
}
