//! Stands between the service and its store and neighbours, sees what they do, and may let whoever
//! asked for it die right after that, as if its process had died there.

use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use kit::events::Outbox;
use orders::{
    Error,
    cart::{Item, Quote},
    catalog::Catalog,
    change::Change,
    money::Money,
    order::{Fingerprint, Line, Order, Status},
    payment::{Card, PaymentStatus, Token},
    payments::Payments,
    saga::Outcome,
    store::{
        Carts, Decide, Lease, People, Placing, Store,
        apart::{CartStep, CartSteps, CartTable, KeptCart},
    },
};
use serde_json::Value;
use uuid::Uuid;

/// Is told of which order what was done: a step, or the state that was stored. False lets whoever
/// asked for it die.
pub(crate) type Fate = Arc<dyn Fn(Uuid, &'static str) -> bool + Send + Sync>;

/// Somebody whose callers may die.
pub(crate) struct Mortal<T: ?Sized> {
    pub(crate) inner: Arc<T>,
    pub(crate) fate: Fate,
}

impl<T: ?Sized> Mortal<T> {
    fn did(&self, order_id: Uuid, deed: &'static str) {
        if !(self.fate)(order_id, deed) {
            // A panic that nobody is told of.
            std::panic::resume_unwind(Box::new("dead"));
        }
    }
}

#[async_trait]
impl<T: Catalog> Catalog for Mortal<T> {
    async fn quote(&self, products: &[Uuid]) -> Result<Vec<Quote>, Error> {
        self.inner.quote(products).await
    }

    async fn reserve(&self, order_id: Uuid, lines: &[Line]) -> Outcome {
        let outcome = self.inner.reserve(order_id, lines).await;
        self.did(order_id, "reserve");
        outcome
    }

    async fn commit(&self, order_id: Uuid, lines: &[Line]) -> Outcome {
        let outcome = self.inner.commit(order_id, lines).await;
        self.did(order_id, "commit");
        outcome
    }

    async fn release(&self, order_id: Uuid) -> Outcome {
        let outcome = self.inner.release(order_id).await;
        self.did(order_id, "release");
        outcome
    }
}

#[async_trait]
impl<T: Payments> Payments for Mortal<T> {
    async fn authorise(
        &self,
        order_id: Uuid,
        token: &Token,
        amount: Money,
    ) -> (Outcome, Option<Card>) {
        let authorisation = self.inner.authorise(order_id, token, amount).await;
        self.did(order_id, "authorise");
        authorisation
    }

    async fn capture(&self, order_id: Uuid) -> Outcome {
        let outcome = self.inner.capture(order_id).await;
        self.did(order_id, "capture");
        outcome
    }

    async fn void_or_refund(&self, order_id: Uuid) -> Option<PaymentStatus> {
        let status = self.inner.void_or_refund(order_id).await;
        self.did(order_id, "void_or_refund");
        status
    }

    async fn list(&self, order_ids: &[Uuid]) -> Result<Vec<Value>, Error> {
        self.inner.list(order_ids).await
    }
}

#[async_trait]
impl<T: Store + ?Sized> People for Mortal<T> {
    async fn forget_person(&self, user_id: Uuid) -> Result<(), Error> {
        self.inner.forget_person(user_id).await
    }
}

#[async_trait]
impl<T: Store + ?Sized> Store for Mortal<T> {
    async fn place(
        &self,
        order: &Order,
        key: &str,
        fingerprint: Fingerprint,
        lease: &Lease,
    ) -> Result<Placing, Error> {
        let placing = self.inner.place(order, key, fingerprint, lease).await?;
        if placing == Placing::Placed {
            self.did(order.id, "placed");
        }
        Ok(placing)
    }

    async fn advance(&self, change: Change, lease: &Lease) -> Result<Option<Order>, Error> {
        let advanced = self.inner.advance(change, lease).await?;
        if let Some(order) = &advanced {
            self.did(order.id, <&str>::from(order.saga));
        }
        Ok(advanced)
    }

    async fn put_off(&self, id: Uuid, owner: Uuid, until: Timestamp) -> Result<bool, Error> {
        let put_off = self.inner.put_off(id, owner, until).await?;
        self.did(id, "put off");
        Ok(put_off)
    }

    async fn change(&self, id: Uuid, lease: Option<Lease>, decide: Decide) -> Result<Order, Error> {
        let order = self.inner.change(id, lease, decide).await?;
        self.did(id, <&str>::from(order.status));
        Ok(order)
    }

    async fn find(&self, id: Uuid) -> Result<Option<Order>, Error> {
        self.did(id, "read");
        self.inner.find(id).await
    }

    async fn find_by_key(
        &self,
        user_id: Uuid,
        key: &str,
    ) -> Result<Option<(Order, Fingerprint)>, Error> {
        self.did(user_id, "read");
        self.inner.find_by_key(user_id, key).await
    }

    async fn declined(&self, user_id: Uuid, now: Timestamp) -> Result<Vec<Timestamp>, Error> {
        self.inner.declined(user_id, now).await
    }

    async fn list(
        &self,
        user_id: Option<Uuid>,
        status: Option<Status>,
        before: Option<Uuid>,
        limit: u32,
    ) -> Result<Vec<Order>, Error> {
        self.inner.list(user_id, status, before, limit).await
    }

    async fn claim_due(
        &self,
        now: Timestamp,
        lease: &Lease,
        limit: u32,
    ) -> Result<Vec<Order>, Error> {
        self.inner.claim_due(now, lease, limit).await
    }

    fn outbox(&self) -> Arc<dyn Outbox> {
        self.inner.outbox()
    }

    async fn ping(&self) -> Result<(), Error> {
        self.inner.ping().await
    }
}

#[async_trait]
impl<T: Store + ?Sized> Carts for Mortal<T> {
    async fn cart(&self, user_id: Uuid) -> Result<Vec<Item>, Error> {
        self.inner.cart(user_id).await
    }

    async fn set_item(&self, user_id: Uuid, item: Item) -> Result<(), Error> {
        self.inner.set_item(user_id, item).await
    }

    async fn remove_item(&self, user_id: Uuid, product_id: Uuid) -> Result<(), Error> {
        self.inner.remove_item(user_id, product_id).await
    }

    async fn clear_cart(&self, user_id: Uuid) -> Result<(), Error> {
        self.inner.clear_cart(user_id).await
    }
}

#[async_trait]
impl<T: CartSteps + ?Sized> CartSteps for Mortal<T> {
    async fn waiting(&self, user_id: Uuid, key: &str) -> Result<Option<Order>, Error> {
        self.inner.waiting(user_id, key).await
    }

    async fn claim_cart_steps(
        &self,
        step: CartStep,
        now: Timestamp,
        lease: &Lease,
        limit: u32,
    ) -> Result<Vec<Order>, Error> {
        self.inner.claim_cart_steps(step, now, lease, limit).await
    }

    async fn end_cart_step(&self, id: Uuid, step: CartStep) -> Result<(), Error> {
        self.inner.end_cart_step(id, step).await?;
        self.did(id, <&str>::from(step));
        Ok(())
    }

    async fn withdraw(&self, id: Uuid) -> Result<(), Error> {
        self.inner.withdraw(id).await?;
        self.did(id, "withdrawn");
        Ok(())
    }
}

#[async_trait]
impl<T: CartTable + ?Sized> CartTable for Mortal<T> {
    async fn load(&self, user_id: Uuid) -> Result<(KeptCart, u64), Error> {
        self.inner.load(user_id).await
    }

    async fn save(&self, user_id: Uuid, cart: &KeptCart, seen: u64) -> Result<bool, Error> {
        let is_saved = self.inner.save(user_id, cart, seen).await?;
        self.did(user_id, "cart");
        Ok(is_saved)
    }

    async fn ping(&self) -> Result<(), Error> {
        self.inner.ping().await
    }
}
