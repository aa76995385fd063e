//! The port to orders.db.

mod facts;
pub mod postgres;
pub mod sqlite;

use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use kit::events::Outbox;
use uuid::Uuid;

use crate::{
    Error,
    cart::Item,
    order::{Fingerprint, Moment, Order, PaymentStatus, Status},
    payments::Card,
    saga::Reason,
    tracking::TrackingCode,
};

/// The right to drive an order. `owner` is unique to one drive: it fences off earlier ones.
#[derive(Clone, Copy, Debug)]
pub struct Lease {
    /// Who drives.
    pub owner: Uuid,
    /// Until when nobody else may.
    pub until: Timestamp,
}

/// What became of a placing.
#[derive(Debug)]
pub enum Placing {
    /// The order is stored, and its lines are out of the cart.
    Placed,
    /// The user's key has an order already: this one.
    Exists(Box<Order>, Fingerprint),
    /// The cart does not hold these lines any more; nothing is stored.
    CartChanged,
    /// Another order has this number; nothing is stored.
    NumberTaken,
}

/// What a driver has to store.
#[derive(Debug)]
pub enum Progress {
    /// The money is held: status `confirmed`, event `order.confirmed`.
    Confirmed(Option<Card>),
    /// The stock is sold, the money taken.
    Settled,
    /// Refused: status `cancelled`, and of the lines return to the cart what it has room for.
    Cancelled(Reason, Option<Card>),
    /// Stock and money are back.
    Undone(PaymentStatus),
}

/// Carts and orders. Every method is atomic.
///
/// Each change of status adds a moment to the order's timeline and, after the placing, an event
/// `order.<status>` to the outbox, in the same transaction.
#[async_trait]
pub trait Store: Send + Sync {
    /// The user's cart, in the order in which the products were added.
    async fn cart(&self, user_id: Uuid) -> Result<Vec<Item>, Error>;

    /// Puts an item into the cart, or changes its quantity; [`Error::CartFull`].
    async fn set_item(&self, user_id: Uuid, item: Item) -> Result<(), Error>;

    /// Takes an item out of the cart; repeatable.
    async fn remove_item(&self, user_id: Uuid, product_id: Uuid) -> Result<(), Error>;

    /// Empties the cart; repeatable.
    async fn clear_cart(&self, user_id: Uuid) -> Result<(), Error>;

    /// Stores a new order with its key and takes its lines out of the cart, under `lease`.
    /// A user's key has one order: of those that race, one places and the others get its order.
    async fn place(
        &self,
        order: &Order,
        key: &str,
        fingerprint: Fingerprint,
        lease: &Lease,
    ) -> Result<Placing, Error>;

    /// The order that was placed with this key.
    async fn find_by_key(
        &self,
        user_id: Uuid,
        key: &str,
    ) -> Result<Option<(Order, Fingerprint)>, Error>;

    /// The order, whosever it is.
    async fn find(&self, id: Uuid) -> Result<Option<Order>, Error>;

    /// Orders, newest first: of one user or of all, with this status or any, older than `before`.
    async fn list(
        &self,
        user_id: Option<Uuid>,
        status: Option<Status>,
        before: Option<Uuid>,
        limit: u32,
    ) -> Result<Vec<Order>, Error>;

    /// Takes over orders that are not settled and that nobody drives at `now`, at most `limit`.
    async fn claim_due(
        &self,
        now: Timestamp,
        lease: &Lease,
        limit: u32,
    ) -> Result<Vec<Order>, Error>;

    /// Stores progress and prolongs the lease; `None`, and nothing changes, when `lease.owner`
    /// does not own the order any more.
    async fn advance(
        &self,
        id: Uuid,
        lease: &Lease,
        progress: Progress,
    ) -> Result<Option<Order>, Error>;

    /// Gives up the order until `until`; nothing changes when `owner` does not own it any more.
    async fn put_off(&self, id: Uuid, owner: Uuid, until: Timestamp) -> Result<(), Error>;

    /// Cancels the user's order for [`Reason::Shopper`] while it is placed or confirmed, and takes
    /// its lease from whoever drives it; [`Error::WrongState`] otherwise, [`Error::NotFound`].
    async fn cancel(&self, user_id: Uuid, id: Uuid, lease: &Lease) -> Result<Order, Error>;

    /// Makes a settled, confirmed order shipped, and keeps the parcel's code;
    /// [`Error::WrongState`] when it is not confirmed, [`Error::Settling`] when it is but is not
    /// settled yet, [`Error::NotFound`].
    async fn ship(&self, id: Uuid, code: Option<TrackingCode>) -> Result<Order, Error>;

    /// Makes a shipped order delivered; [`Error::WrongState`] when it is not shipped,
    /// [`Error::NotFound`].
    async fn deliver(&self, id: Uuid) -> Result<Order, Error>;

    /// The moments of an order, in order.
    async fn timeline(&self, id: Uuid) -> Result<Vec<Moment>, Error>;

    /// This store's outbox. What it tells of an append, a store that is shared by replicas tells
    /// of every other progress and putting off too: the key is the order's id.
    fn outbox(&self) -> Arc<dyn Outbox>;

    /// Whether the store answers.
    async fn ping(&self) -> Result<(), Error>;
}
