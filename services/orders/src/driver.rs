//! Drives orders through their [saga](crate::saga), one step at a time, each order by one driver.
//!
//! A driver holds the order's lease: every write of progress is conditional on it, so that a
//! driver which lost its lease (it slept too long, or the shopper cancelled) can change nothing.
//! Its last step may still reach a neighbour; the neighbours refuse what comes after a release or
//! void. Whoever changes an order does it through here, and it is told to all who wait for it.

mod resume;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use jiff::Timestamp;
use kit::{
    telemetry,
    trace::{self, Kind, Span},
};
use tokio::{
    sync::{Notify, watch},
    time,
};
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use crate::{
    Error, Neighbours,
    change::Change,
    hub::Hub,
    order::Order,
    saga::{Next, Outcome, Saga, Step},
    store::{Decide, Lease, Store},
};

/// How long a driver owns an order without progress; longer than two steps may take.
const LEASE: Duration = Duration::from_secs(10);

/// The longest pause between two tries of one step.
const MAX_PAUSE: Duration = Duration::from_secs(60);

/// The driver. Clones share everything.
#[derive(Clone)]
pub struct Driver {
    store: Arc<dyn Store>,
    neighbours: Neighbours,
    /// Wakes the streams, and who waits for an order that another drives.
    pub hub: Hub,
    /// Wakes the relay.
    pub outbox: Arc<Notify>,
    tasks: TaskTracker,
}

/// An order that is being driven, as it was stored last.
pub struct Driven(watch::Receiver<Order>);

impl Driver {
    /// A driver of the orders in this store.
    pub fn new(store: Arc<dyn Store>, neighbours: Neighbours) -> Self {
        Self {
            store,
            neighbours,
            hub: Hub::default(),
            outbox: Arc::default(),
            tasks: TaskTracker::new(),
        }
    }

    /// A new lease, from now.
    pub fn lease(&self) -> Lease {
        Lease {
            owner: Uuid::now_v7(),
            until: Timestamp::now() + LEASE,
        }
    }

    /// Drives an order that was placed or cancelled just now, in a task of its own: who asked for
    /// it may go away meanwhile.
    pub fn spawn(&self, order: Order, lease: Lease) -> Driven {
        count(order.saga);
        let (stored, driven) = watch::channel(order);
        let driver = self.clone();
        let drive = async move { driver.drive(&stored, lease).await };
        self.tasks.spawn(trace::within(trace::current(), drive));
        Driven(driven)
    }

    /// Cancels the user's order as its shopper wishes, takes it from whoever drives it, and has
    /// stock and money given back.
    pub async fn cancel(&self, user_id: Uuid, order_id: Uuid) -> Result<Driven, Error> {
        let lease = self.lease();
        let decide = Box::new(move |order: Order| order.of(user_id)?.cancel());
        let drive = move |driver: &Self, order| driver.spawn(order, lease);
        self.store_change(order_id, Some(lease), decide, drive)
            .await
    }

    /// Lets `decide` change an order that nobody drives.
    pub async fn change(
        &self,
        order_id: Uuid,
        decide: impl FnOnce(Order) -> Result<Change, Error> + Send + 'static,
    ) -> Result<Order, Error> {
        let decide = Box::new(decide);
        self.store_change(order_id, None, decide, |_, order| order)
            .await
    }

    /// Waits until the driven order can be answered, at most `wait`.
    pub async fn outcome(&self, driven: Driven, wait: Duration) -> Result<Order, Error> {
        let deadline = time::Instant::now() + wait;
        let Driven(mut stored) = driven;
        let answerable = async {
            let order = stored.wait_for(Order::is_answerable).await;
            order.map(|order| order.clone())
        };
        match time::timeout_at(deadline, answerable).await {
            Ok(Ok(order)) => Ok(order),
            // Its driver has lost it: somebody else may have it.
            Ok(Err(_)) => {
                let id = stored.borrow().id;
                self.follow(id, deadline).await
            }
            Err(_) => Ok(stored.borrow().clone()),
        }
    }

    /// Waits until the order can be answered, whoever drives it, in whichever replica.
    pub async fn follow(&self, order_id: Uuid, deadline: time::Instant) -> Result<Order, Error> {
        let mut listener = self.hub.listen(order_id);
        loop {
            let order = self.store.find(order_id).await?.ok_or(Error::NotFound)?;
            let changed = time::timeout_at(deadline, listener.changed());
            if order.is_answerable() || changed.await.is_err() {
                return Ok(order);
            }
        }
    }

    /// Waits until no drive is under way; others may begin after it.
    pub async fn rest(&self) {
        self.tasks.close();
        self.tasks.wait().await;
        self.tasks.reopen();
    }

    /// Waits until no drive is under way, for the last time.
    pub async fn drain(&self) {
        self.tasks.close();
        self.tasks.wait().await;
    }

    async fn drive(&self, stored: &watch::Sender<Order>, lease: Lease) {
        let id = stored.borrow().id;
        if let Err(fault) = self.drive_on(stored, lease).await {
            tracing::warn!(%fault, order = %id, "the order waits for the resumer");
        }
        self.hub.tell(id);
    }

    async fn drive_on(&self, stored: &watch::Sender<Order>, mut lease: Lease) -> Result<(), Error> {
        let mut order = stored.borrow().clone();
        let mut saga = order.saga;
        while let Some(step) = saga.step() {
            let outcome = self.take_recorded(step, &mut order).await;
            let change = match saga.after(outcome) {
                Next::Later => {
                    let until = Timestamp::now() + pause(order.attempts);
                    if self.store.put_off(order.id, lease.owner, until).await? {
                        stored.send_modify(|order| order.attempts += 1);
                    }
                    return Ok(());
                }
                Next::Cancel(reason) => order.refuse(reason),
                Next::To(Saga::Confirmed) => order.confirm(),
                Next::To(Saga::Settled) => order.settle(),
                Next::To(Saga::Compensated) => order.compensate(),
                Next::To(passed) => {
                    saga = passed;
                    continue;
                }
            };
            lease.until = Timestamp::now() + LEASE;
            let has_event = change.is_of_status;
            let Some(advanced) = self.store.advance(change, &lease).await? else {
                return Ok(()); // Somebody else drives it now.
            };
            order = advanced;
            saga = order.saga;
            count(saga);
            stored.send_replace(order.clone());
            self.announce(order.id, has_event);
            if order.is_settled() {
                let whole = Timestamp::now().duration_since(order.placed_at);
                // Not less than nothing, where the clock was set back meanwhile.
                metrics::histogram!("orders_saga_seconds", "end" => <&str>::from(saga))
                    .record(whole.as_secs_f64().max(0.0));
            }
        }
        Ok(())
    }

    async fn take_recorded(&self, step: Step, order: &mut Order) -> Outcome {
        let step_name = <&str>::from(step);
        let mut span = Span::start("orders", Kind::Internal, trace::current(), || step_name);
        let outcome = trace::within(Some(span.trace()), self.take(step, order)).await;
        span.set("outcome", <&str>::from(&outcome));
        let labels = [("step", step_name), ("outcome", <&str>::from(&outcome))];
        metrics::counter!("orders_steps_total", &labels).increment(1);
        outcome
    }

    /// Takes the step, and notes on the order what it brings to light of the payment.
    async fn take(&self, step: Step, order: &mut Order) -> Outcome {
        let Neighbours {
            catalog, payments, ..
        } = &self.neighbours;
        match step {
            Step::Reserve => catalog.reserve(order.id, &order.lines).await,
            Step::Authorise => {
                let Some(token) = &order.payment.token else {
                    tracing::error!(order = %order.id, "an order to authorise has no token");
                    return Outcome::Unknown;
                };
                let (outcome, card) = payments.authorise(order.id, token, order.total).await;
                if let Some(card) = card {
                    order.payment.note_card(card);
                }
                outcome
            }
            Step::Commit => catalog.commit(order.id, &order.lines).await,
            Step::Capture => payments.capture(order.id).await,
            Step::Release => catalog.release(order.id).await,
            Step::VoidOrRefund => match payments.void_or_refund(order.id).await {
                Some(status) => {
                    order.payment.compensated(status);
                    Outcome::Done
                }
                None => Outcome::Unknown,
            },
        }
    }

    /// Lets `decide` change an order, tells of it and does what comes `then`: all of it, even when
    /// whoever asked goes away meanwhile.
    async fn store_change<T: Send + 'static>(
        &self,
        order_id: Uuid,
        lease: Option<Lease>,
        decide: Decide,
        then: impl FnOnce(&Self, Order) -> T + Send + 'static,
    ) -> Result<T, Error> {
        let started = Instant::now();
        let driver = self.clone();
        let change = async move {
            let order = driver.store.change(order_id, lease, decide).await?;
            driver.announce(order_id, true);
            Ok(then(&driver, order))
        };
        let changed = self.tasks.spawn(trace::within(trace::current(), change));
        let result = changed.await;
        // The store adds its time to the request that it runs in, and this is another task.
        telemetry::add_db_time(started.elapsed());
        result.unwrap_or_else(|fault| Err(Error::Internal(fault.into())))
    }

    /// Tells of a change that is stored: the listeners here and, of an event, the relay.
    fn announce(&self, order_id: Uuid, has_event: bool) {
        self.hub.tell(order_id);
        if has_event {
            self.outbox.notify_one();
        }
    }
}

/// Counts that an order has come to this state.
fn count(saga: Saga) {
    metrics::counter!("orders_saga_total", "state" => <&str>::from(saga)).increment(1);
}

/// 1, 2, 4 … seconds, at most a minute.
fn pause(attempts: u32) -> Duration {
    Duration::from_secs(1 << attempts.min(6)).min(MAX_PAUSE)
}
