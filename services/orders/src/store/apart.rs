//! Carts that are kept apart from the orders, each as one document of a table elsewhere.
//!
//! No transaction spans the two, so an order and its cart are written one after the other:
//!
//! ```text
//! place      orders: the order, unseen, its cart step `take`  → cart: its lines out, or the refusal → orders: seen, or gone
//! refuse     orders: the change, its cart step `return`       → cart: its lines back in             → orders: no step
//! ```
//!
//! The cart's document remembers which orders took, were refused and returned their lines. So each step may be
//! repeated by anybody, has one outcome, and is done once. Whoever dies in between leaves the order's cart step, which
//! [`Store::claim_due`] finishes before anybody drives the order.

#[cfg(feature = "dynamodb")]
pub mod dynamodb;
mod kept;
mod name;
mod steps;

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use jiff::Timestamp;
use kit::events::Outbox;
use uuid::Uuid;

use super::{Carts, Decide, Lease, People, Placing, Store};
use crate::{
    Error,
    cart::Item,
    change::Change,
    order::{Fingerprint, Order, Status},
};

pub use kept::{KeptCart, Taking};
pub(crate) use name::open;
pub use name::{BadCarts, CartsName};
pub use steps::{CartStep, CartSteps};

/// How often a cart that others change at the same time is tried.
const TRIES: u32 = 40;

/// The longest pause between two tries. Together they last about two seconds at most.
const MAX_PAUSE: Duration = Duration::from_millis(100);

/// A table of carts, one document each.
#[async_trait]
pub trait CartTable: Send + Sync {
    /// The user's cart and its version, as it was saved last; an empty one of version 0 if it never was.
    async fn load(&self, user_id: Uuid) -> Result<(KeptCart, u64), Error>;

    /// Saves the cart, unless it has another version than `seen` by now: then false, and nothing changes.
    /// [`Error::CartFull`] when it is larger than a document may be.
    async fn save(&self, user_id: Uuid, cart: &KeptCart, seen: u64) -> Result<bool, Error>;

    /// Whether the table answers.
    async fn ping(&self) -> Result<(), Error>;
}

/// Orders in one store, their carts in another.
pub struct CartsApart {
    orders: Arc<dyn CartSteps>,
    carts: Arc<dyn CartTable>,
}

impl CartsApart {
    /// Carts of `carts` for the orders of a store that leaves them to it.
    pub fn new(orders: Arc<dyn CartSteps>, carts: Arc<dyn CartTable>) -> Self {
        Self { orders, carts }
    }

    /// Changes a cart: on what another change has left, if there is one at the same time.
    async fn update<T: Send>(
        &self,
        user_id: Uuid,
        change: impl Fn(&mut KeptCart) -> Result<T, Error> + Send + Sync,
    ) -> Result<T, Error> {
        for attempt in 0..TRIES {
            let (before, version) = self.carts.load(user_id).await?;
            let mut cart = before.clone();
            let outcome = change(&mut cart)?;
            if cart == before || self.carts.save(user_id, &cart, version).await? {
                return Ok(outcome);
            }
            tokio::time::sleep(pause(attempt)).await;
        }
        Err(Error::Unavailable("the cart changes all the time".into()))
    }

    /// Takes an order's lines out of its cart and lets the order be seen; or finds that they are not there, and
    /// the order is gone.
    async fn take(&self, order: &Order) -> Result<Placing, Error> {
        let (id, items) = (order.id, order.items());
        let taken = self.update(order.user_id, |cart| Ok(cart.take(id, &items)));
        let placing = match taken.await? {
            Taking::Taken => {
                self.orders.end_cart_step(id, CartStep::Take).await?;
                return Ok(Placing::Placed);
            }
            Taking::Refused => Placing::CartChanged,
            Taking::HasLeft => Placing::AccountDeleted,
        };
        self.orders.withdraw(id).await?;
        Ok(placing)
    }

    /// Returns an order's lines to its cart.
    async fn give_back(&self, order: &Order) -> Result<(), Error> {
        let (id, items, placed_at) = (order.id, order.items(), order.placed_at);
        let returned = self.update(order.user_id, |cart| {
            cart.give_back(id, &items, placed_at);
            Ok(())
        });
        returned.await?;
        self.orders.end_cart_step(id, CartStep::Return).await
    }

    /// Finishes the cart steps that were left behind. The orders that can be driven now, under `lease`.
    async fn finish_cart_steps(
        &self,
        now: Timestamp,
        lease: &Lease,
        limit: u32,
    ) -> Result<Vec<Order>, Error> {
        let mut due = Vec::new();
        // What fails waits until the lease is over, and the others would fail at the same table.
        let mut is_away = false;
        for step in [CartStep::Take, CartStep::Return] {
            let claimed = self.orders.claim_cart_steps(step, now, lease, limit);
            for order in claimed.await? {
                let is_placed = match step {
                    _ if is_away => Ok(step == CartStep::Return),
                    CartStep::Take => self.take(&order).await.map(|it| it == Placing::Placed),
                    CartStep::Return => self.give_back(&order).await.map(|()| true),
                };
                let is_placed = is_placed.unwrap_or_else(|fault| {
                    tracing::warn!(%fault, order = %order.id, "what is left to do at a cart waits");
                    is_away = true;
                    // Stock and money go back before the lines do.
                    step == CartStep::Return
                });
                if is_placed && !order.is_settled() {
                    due.push(order);
                }
            }
        }
        Ok(due)
    }
}

#[async_trait]
impl Carts for CartsApart {
    async fn cart(&self, user_id: Uuid) -> Result<Vec<Item>, Error> {
        Ok(self.carts.load(user_id).await?.0.items())
    }

    async fn set_item(&self, user_id: Uuid, item: Item) -> Result<(), Error> {
        let now = Timestamp::now();
        self.update(user_id, |cart| cart.set(item, now)).await
    }

    async fn remove_item(&self, user_id: Uuid, product_id: Uuid) -> Result<(), Error> {
        let remove = |cart: &mut KeptCart| {
            cart.remove(product_id);
            Ok(())
        };
        self.update(user_id, remove).await
    }

    async fn clear_cart(&self, user_id: Uuid) -> Result<(), Error> {
        let clear = |cart: &mut KeptCart| {
            cart.clear();
            Ok(())
        };
        self.update(user_id, clear).await
    }
}

#[async_trait]
impl People for CartsApart {
    /// The cart first: an order whose lines are not out by then is refused, and every other one is stored, and
    /// loses its person.
    async fn forget_person(&self, user_id: Uuid) -> Result<(), Error> {
        let leave = |cart: &mut KeptCart| {
            cart.leave();
            Ok(())
        };
        self.update(user_id, leave).await?;
        self.orders.forget_person(user_id).await
    }
}

#[async_trait]
impl Store for CartsApart {
    async fn place(
        &self,
        order: &Order,
        key: &str,
        fingerprint: Fingerprint,
        lease: &Lease,
    ) -> Result<Placing, Error> {
        loop {
            match self.orders.place(order, key, fingerprint, lease).await? {
                Placing::Placed => return self.take(order).await,
                Placing::KeyUsed => {
                    // Of a call that is at it, or that died: an order that may yet be refused has no key.
                    let is_used = match self.orders.waiting(order.user_id, key).await? {
                        Some(waiting) => self.take(&waiting).await? == Placing::Placed,
                        // It may have been refused since, by whoever finished it.
                        None => self.find_by_key(order.user_id, key).await?.is_some(),
                    };
                    if is_used {
                        return Ok(Placing::KeyUsed);
                    }
                }
                refused => return Ok(refused),
            }
        }
    }

    async fn find_by_key(
        &self,
        user_id: Uuid,
        key: &str,
    ) -> Result<Option<(Order, Fingerprint)>, Error> {
        self.orders.find_by_key(user_id, key).await
    }

    async fn declined(&self, user_id: Uuid, now: Timestamp) -> Result<Vec<Timestamp>, Error> {
        self.orders.declined(user_id, now).await
    }

    async fn find(&self, id: Uuid) -> Result<Option<Order>, Error> {
        self.orders.find(id).await
    }

    async fn list(
        &self,
        user_id: Option<Uuid>,
        status: Option<Status>,
        before: Option<Uuid>,
        limit: u32,
    ) -> Result<Vec<Order>, Error> {
        self.orders.list(user_id, status, before, limit).await
    }

    async fn claim_due(
        &self,
        now: Timestamp,
        lease: &Lease,
        limit: u32,
    ) -> Result<Vec<Order>, Error> {
        let mut due = self.finish_cart_steps(now, lease, limit).await?;
        let left = limit.saturating_sub(u32::try_from(due.len()).unwrap_or(u32::MAX));
        due.extend(self.orders.claim_due(now, lease, left).await?);
        Ok(due)
    }

    async fn advance(&self, change: Change, lease: &Lease) -> Result<Option<Order>, Error> {
        let returns = change.returns_to_cart;
        let advanced = self.orders.advance(change, lease).await?;
        if let Some(order) = advanced.as_ref().filter(|_| returns)
            && let Err(fault) = self.give_back(order).await
        {
            // The change is stored, with what is left to do.
            tracing::warn!(%fault, order = %order.id, "the lines return to the cart later");
        }
        Ok(advanced)
    }

    async fn put_off(&self, id: Uuid, owner: Uuid, until: Timestamp) -> Result<bool, Error> {
        self.orders.put_off(id, owner, until).await
    }

    /// What a change returns to the cart is returned when its lease is over.
    async fn change(&self, id: Uuid, lease: Option<Lease>, decide: Decide) -> Result<Order, Error> {
        self.orders.change(id, lease, decide).await
    }

    fn outbox(&self) -> Arc<dyn Outbox> {
        self.orders.outbox()
    }

    async fn ping(&self) -> Result<(), Error> {
        self.orders.ping().await?;
        self.carts.ping().await
    }
}

/// A random pause, so that those who met once do not meet again: up to 5, 10, 20 … ms.
fn pause(attempt: u32) -> Duration {
    let longest = Duration::from_millis(5 << attempt.min(8)).min(MAX_PAUSE);
    let random = Uuid::new_v4().into_bytes()[0];
    longest * u32::from(random) / 255
}
