//! The port to orders.db. It keeps what the [domain](crate::change) decides, and decides nothing.

pub mod apart;
mod carts;
mod people;
pub mod postgres;
pub mod sqlite;

use std::sync::Arc;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use kit::events::Outbox;
use sqlx::types::Json;
use uuid::Uuid;

use crate::{
    Error,
    cart::Item,
    change::Change,
    order::{Fingerprint, Order, Status},
    saga::Reason,
};

pub use carts::Carts;
pub use people::People;

/// The right to drive an order. `owner` is unique to one drive: it fences off earlier ones.
#[derive(Clone, Copy, Debug)]
pub struct Lease {
    /// Who drives.
    pub owner: Uuid,
    /// Until when nobody else may.
    pub until: Timestamp,
}

/// Further ahead than any lease or pause reaches. What seems to end later was written before the clock
/// was set back, and is over: to drive an order twice is harmless, to let it rest for hours is not.
const TOO_FAR: SignedDuration = SignedDuration::from_secs(120);

/// What became of a placing. Nothing is stored unless it is [`Placing::Placed`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Placing {
    /// The order is stored, and its lines are out of the cart.
    Placed,
    /// The user's key has an order already.
    KeyUsed,
    /// The cart does not hold these lines any more.
    CartChanged,
    /// Another order has this number.
    NumberTaken,
    /// The user has deleted the account.
    AccountDeleted,
}

/// Makes a change of an order as it is stored, or refuses to.
pub type Decide = Box<dyn FnOnce(Order) -> Result<Change, Error> + Send>;

/// Orders, with the [`Carts`] that they come from. Every method is atomic.
///
/// What is stored of a [`Change`]: the order's row, the new entry of its timeline, its event in the
/// outbox, and the lines that return to the cart. Those that the cart has by then stay as they are,
/// and those that it has no room for do not return.
#[async_trait]
pub trait Store: Carts + People {
    /// Stores a new order with its key and takes its lines out of the cart, under `lease`.
    /// A user's key has one order: of those that race one places, and the others find its order.
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

    /// When the user placed the orders whose cards were declined, newest first: the last
    /// [`MAX`](crate::declines::MAX) of those from the [`WINDOW`](crate::declines::WINDOW) before `now`.
    async fn declined(&self, user_id: Uuid, now: Timestamp) -> Result<Vec<Timestamp>, Error>;

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

    /// Takes over orders that are not settled and that nobody drives at `now`, at most `limit`. A
    /// lease that ends more than two minutes later is nobody's.
    async fn claim_due(
        &self,
        now: Timestamp,
        lease: &Lease,
        limit: u32,
    ) -> Result<Vec<Order>, Error>;

    /// Stores a change by the order's driver and prolongs the lease; `None`, and nothing changes,
    /// when `lease.owner` does not own the order any more.
    async fn advance(&self, change: Change, lease: &Lease) -> Result<Option<Order>, Error>;

    /// Gives up the order until `until`; false, and nothing changes, when `owner` does not own it
    /// any more.
    async fn put_off(&self, id: Uuid, owner: Uuid, until: Timestamp) -> Result<bool, Error>;

    /// Reads an order, lets `decide` change it and stores that: of two at once the second decides
    /// on what the first has stored. `lease` is taken from whoever drives the order, if there is
    /// one. [`Error::NotFound`], or why `decide` refuses.
    async fn change(&self, id: Uuid, lease: Option<Lease>, decide: Decide) -> Result<Order, Error>;

    /// This store's outbox. What it tells of an append, a store that is shared by replicas tells
    /// of every other change and putting off too: the key is the order's id.
    fn outbox(&self) -> Arc<dyn Outbox>;

    /// Whether the store answers.
    async fn ping(&self) -> Result<(), Error>;
}

/// An order as both databases select it, with what was sent with its key.
struct Stored {
    order: Json<Order>,
    fingerprint: [u8; 32],
}

impl From<Stored> for Order {
    fn from(stored: Stored) -> Self {
        stored.order.0
    }
}

impl From<Stored> for (Order, Fingerprint) {
    fn from(stored: Stored) -> Self {
        (stored.order.0, Fingerprint(stored.fingerprint))
    }
}

/// The ids of the orders that were placed in the window before `now`, from the first on to the first
/// that comes later: an id begins with its time.
fn ids_within(window: SignedDuration, now: Timestamp) -> [Uuid; 2] {
    let millisecond = SignedDuration::from_millis(1);
    [now - window, now + millisecond].map(|at| {
        let at = at.as_millisecond().try_into().unwrap_or_default();
        uuid::Builder::from_unix_timestamp_millis(at, &[0; 10]).into_uuid()
    })
}

/// What a column of times in milliseconds holds.
fn times(column: Vec<i64>) -> Result<Vec<Timestamp>, Error> {
    let times = column.into_iter().map(Timestamp::from_millisecond);
    let times: Result<_, _> = times.collect();
    times.map_err(|fault| Error::Internal(fault.into()))
}

/// A row of `cart_item`.
fn item(product_id: Uuid, quantity: i64) -> Result<Item, Error> {
    let quantity = quantity.try_into();
    let quantity = quantity.map_err(|fault: &str| Error::Internal(fault.into()))?;
    Ok(Item {
        product_id,
        quantity,
    })
}

/// The products that are why an order was cancelled, as they are stored: a JSON array.
fn lines_at_fault(order: &Order) -> Option<String> {
    match &order.reason {
        Some(Reason::OutOfStock(products)) => serde_json::to_string(products).ok(),
        Some(Reason::PaymentDeclined | Reason::Shopper) | None => None,
    }
}
