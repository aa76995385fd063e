//! Drives orders through their [saga](crate::saga), one step at a time, each order by one driver.
//!
//! A driver holds the order's lease: every write of progress is conditional on it, so that a
//! driver which lost its lease (it slept too long, or the shopper cancelled) can change nothing.
//! Its last step may still reach a neighbour; the neighbours refuse what comes after an undo.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use kit::trace::{self, Kind, Span};
use tokio::sync::Notify;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use uuid::Uuid;

use crate::{
    Error,
    catalog::Catalog,
    hub::Hub,
    order::{Order, PaymentStatus},
    payments::{Authorisation, Card, Payments},
    saga::{Next, Outcome, Reason, Saga, Step},
    store::{Lease, Progress, Store},
};

/// How long a driver owns an order without progress; longer than two steps may take.
const LEASE: Duration = Duration::from_secs(10);

/// How often the resumer looks for orders that nobody drives.
const RESUME: Duration = Duration::from_secs(1);

/// How many orders the resumer takes at once.
const BATCH: u32 = 32;

/// The longest pause between two tries of one step.
const MAX_PAUSE: Duration = Duration::from_secs(60);

/// A place at which a driver may be stopped, as if its process had died there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Point {
    /// The neighbour has done this step; nothing is stored of it yet.
    Done(Step),
    /// This state is stored.
    Stored(Saga),
}

/// Failure injection.
pub trait SagaHook: Send + Sync {
    /// Whether the driver of this order lives on after this point.
    fn lives(&self, order_id: Uuid, point: Point) -> bool;
}

/// No failures.
pub struct NoHook;

impl SagaHook for NoHook {
    fn lives(&self, _: Uuid, _: Point) -> bool {
        true
    }
}

/// The driver. Clones share everything.
#[derive(Clone)]
pub struct Driver {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) catalog: Arc<dyn Catalog>,
    pub(crate) payments: Arc<dyn Payments>,
    pub(crate) hook: Arc<dyn SagaHook>,
    pub(crate) hub: Hub,
    pub(crate) outbox: Arc<Notify>,
    pub(crate) tasks: TaskTracker,
}

/// What a step brought to light besides its outcome.
#[derive(Default)]
struct Found {
    card: Option<Card>,
    given_back: Option<PaymentStatus>,
}

impl Driver {
    /// A new lease, from now.
    pub fn lease(&self) -> Lease {
        Lease {
            owner: Uuid::now_v7(),
            until: Timestamp::now() + LEASE,
        }
    }

    /// Tells of a change that is stored: the listeners here, and the relay.
    pub fn announce(&self, order_id: Uuid) {
        self.hub.tell(order_id);
        self.outbox.notify_one();
    }

    /// Drives an order that was placed or cancelled just now, in a task of its own: who asked for
    /// it may go away meanwhile.
    pub fn spawn(&self, order: Order, lease: Lease) {
        count(order.saga);
        let driver = self.clone();
        let drive = async move {
            let id = order.id;
            if let Err(fault) = driver.drive(order, lease).await {
                tracing::warn!(%fault, order = %id, "the order waits for the resumer");
            }
            driver.hub.tell(id);
        };
        self.tasks.spawn(trace::within(trace::current(), drive));
    }

    /// Waits until the order's checkout has an outcome or is put off, at most `wait`.
    /// `listener` must have been made before the order was handed to a driver.
    pub async fn outcome(
        &self,
        order_id: Uuid,
        mut listener: crate::hub::Listener,
        wait: Duration,
    ) -> Result<Order, Error> {
        let deadline = tokio::time::Instant::now() + wait;
        loop {
            let order = self.store.find(order_id).await?.ok_or(Error::NotFound)?;
            if is_answerable(&order) {
                return Ok(order);
            }
            let changed = listener.changed(order_id);
            if tokio::time::timeout_at(deadline, changed).await.is_err() {
                return Ok(order);
            }
        }
    }

    /// Waits until no drive that was spawned is under way.
    pub async fn drain(&self) {
        self.tasks.close();
        self.tasks.wait().await;
    }

    /// Takes up every order that nobody drives: at once, then every second, until `stop`.
    pub async fn resume(self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            match self.resume_due(Timestamp::now()).await {
                Ok(n) if n == BATCH as usize => continue,
                Ok(_) => {}
                Err(fault) => tracing::warn!(%fault, "cannot look for orders to resume"),
            }
            stop.run_until_cancelled(tokio::time::sleep(RESUME)).await;
        }
    }

    /// One turn of the resumer: drives what is due at `now` until it rests again. How many there
    /// were.
    pub async fn resume_due(&self, now: Timestamp) -> Result<usize, Error> {
        let lease = self.lease();
        let due = self.store.claim_due(now, &lease, BATCH).await?;
        let count = due.len();
        let drives = due.into_iter().map(|order| async {
            let id = order.id;
            // Nothing is stored of the trace in which the order was placed: this is another.
            let span = Span::start("orders", Kind::Internal, None, || "resume");
            let drive = trace::within(Some(span.trace()), self.drive(order, lease));
            if let Err(fault) = drive.await {
                tracing::warn!(%fault, order = %id, "the order waits");
            }
            self.hub.tell(id);
        });
        futures::future::join_all(drives).await;
        Ok(count)
    }

    async fn drive(&self, mut order: Order, lease: Lease) -> Result<(), Error> {
        while let Some(step) = order.saga.step() {
            let (outcome, found) = self.take_recorded(step, &order).await;
            let is_done = outcome == Outcome::Done;
            if is_done && !self.hook.lives(order.id, Point::Done(step)) {
                return Ok(());
            }
            let progress = match order.saga.after(outcome) {
                Next::Later => {
                    let until = Timestamp::now() + pause(order.attempts);
                    return self.store.put_off(order.id, lease.owner, until).await;
                }
                Next::Cancel(reason) => Progress::Cancelled(reason, found.card),
                Next::To(Saga::Confirmed) => Progress::Confirmed(found.card),
                Next::To(Saga::Settled) => Progress::Settled,
                Next::To(Saga::Undone) => Progress::Undone(given_back(&order, &found)),
                Next::To(passed) => {
                    order.saga = passed;
                    continue;
                }
            };
            let until = Timestamp::now() + LEASE;
            let owner = lease.owner;
            let advanced = self
                .store
                .advance(order.id, &Lease { owner, until }, progress)
                .await?;
            let Some(advanced) = advanced else {
                return Ok(()); // Somebody else drives it now.
            };
            order = advanced;
            count(order.saga);
            if order.saga.step().is_none() {
                let whole = Timestamp::now()
                    .duration_since(order.placed_at)
                    .as_secs_f64();
                metrics::histogram!("orders_saga_seconds", "end" => order.saga.name())
                    .record(whole);
            }
            self.announce(order.id);
            if !self.hook.lives(order.id, Point::Stored(order.saga)) {
                return Ok(());
            }
        }
        Ok(())
    }

    async fn take_recorded(&self, step: Step, order: &Order) -> (Outcome, Found) {
        let mut span = Span::start("orders", Kind::Internal, trace::current(), || step.name());
        let taken = trace::within(Some(span.trace()), self.take(step, order)).await;
        let outcome = taken.0.name();
        span.set("outcome", outcome);
        let labels = [("step", step.name()), ("outcome", outcome)];
        metrics::counter!("orders_steps_total", &labels).increment(1);
        taken
    }

    async fn take(&self, step: Step, order: &Order) -> (Outcome, Found) {
        let mut found = Found::default();
        let outcome = match step {
            Step::Reserve => self.catalog.reserve(order.id, &order.lines).await,
            Step::Authorise => {
                let Some(token) = &order.payment.token else {
                    tracing::error!(order = %order.id, "an order to authorise has no token");
                    return (Outcome::Unknown, found);
                };
                let total = order.totals.total;
                match self.payments.authorise(order.id, token, total).await {
                    Authorisation::Approved(card) => {
                        found.card = Some(card);
                        Outcome::Done
                    }
                    Authorisation::Declined(card) => {
                        found.card = card;
                        Outcome::Declined
                    }
                    Authorisation::Unknown => Outcome::Unknown,
                }
            }
            Step::Commit => self.catalog.commit(order.id, &order.lines).await,
            Step::Capture => self.payments.capture(order.id).await,
            Step::Release => self.catalog.release(order.id).await,
            Step::GiveBack => {
                found.given_back = self.payments.give_back(order.id).await;
                found.given_back.map_or(Outcome::Unknown, |_| Outcome::Done)
            }
        };
        (outcome, found)
    }
}

/// Counts that an order has come to this state.
fn count(saga: Saga) {
    metrics::counter!("orders_saga_total", "state" => saga.name()).increment(1);
}

/// Whether a checkout can be answered: decided and, when refused, all given back; or put off.
fn is_answerable(order: &Order) -> bool {
    match order.saga {
        Saga::Placed | Saga::Cancelling => order.attempts > 0,
        Saga::Reserved | Saga::Released => false,
        Saga::Confirmed | Saga::Committed | Saga::Settled | Saga::Undone => true,
    }
}

/// A declined payment stays declined for the shopper, although payments voids it.
fn given_back(order: &Order, found: &Found) -> PaymentStatus {
    match (&order.reason, found.given_back) {
        (Some(Reason::PaymentDeclined), _) => PaymentStatus::Declined,
        (_, Some(status)) => status,
        (_, None) => PaymentStatus::Voided,
    }
}

/// 1, 2, 4 … seconds, at most a minute.
fn pause(attempts: u32) -> Duration {
    Duration::from_secs(1 << attempts.min(6)).min(MAX_PAUSE)
}
