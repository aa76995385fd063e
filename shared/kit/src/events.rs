//! Events that are never lost: an outbox row written in the transaction that caused it, a relay
//! that dispatches it to every consumer, and consumers that count each event once by its id.
//!
//! Delivery is at least once, and in order for the events of one key. [`sqlite`] and [`postgres`]
//! tell what a producer's and a consumer's migrations have to hold.

#[cfg(feature = "aws-events")]
pub mod aws;
pub mod postgres;
pub mod sqlite;

mod arn;
mod dead_letter;
mod source;
mod stream;
mod tail;

use std::{error::Error, panic::AssertUnwindSafe, sync::Arc, time::Duration};

use async_trait::async_trait;
use futures::FutureExt;
use jiff::{SignedDuration, Timestamp};
use metrics::{counter, gauge};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use tokio::{sync::Notify, time::sleep};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

pub use arn::{BadArn, QueueArn, StreamArn, TopicArn};
pub use dead_letter::DeadLetter;
pub use source::{
    NoChannel, Notifications, Source, Stream, Take, notifications, publisher, source,
};
pub use stream::{Publisher, Subscription};
pub use tail::Tail;

use crate::trace::{self, Kind, Span, Trace};

/// How many events are dispatched at once.
const BATCH: i64 = 256;

/// How long the relay sleeps when nobody wakes it.
const IDLE: Duration = Duration::from_secs(5);

/// How long it waits before it tries again what failed.
const RETRY: Duration = Duration::from_secs(1);

/// How long the consumers may take over one batch. A database keeps no transaction open for long.
const DISPATCH_TIMEOUT: Duration = Duration::from_secs(8);

/// How long a consumer remembers what it has counted.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(30 * 24);

/// Something that happened.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Event {
    /// Unique, ordered by time (UUIDv7).
    pub id: Uuid,
    /// What happened, e.g. `order.confirmed`.
    pub topic: String,
    /// What it happened to; events of one key keep their order.
    pub key: String,
    /// The facts, as JSON.
    pub payload: String,
    /// When.
    pub at: Timestamp,
}

impl Event {
    /// An event of now, which belongs to the trace at hand. The facts are a struct.
    pub fn new<T: Serialize>(topic: &str, key: impl ToString, facts: &T) -> Self {
        let trace = trace::current().filter(Trace::is_sampled);
        let envelope = Envelope {
            facts,
            traceparent: trace.map(|trace| trace.to_string()),
        };
        Self {
            id: Uuid::now_v7(),
            topic: topic.to_owned(),
            key: key.to_string(),
            payload: serde_json::to_string(&envelope).expect("an event's facts are plain data"),
            at: Timestamp::now(),
        }
    }

    /// The facts that this consumer reads; it declares only the fields that it needs.
    pub fn facts<T: DeserializeOwned>(&self) -> Result<T, Unreadable> {
        Ok(serde_json::from_str(&self.payload)?)
    }

    /// Where in a trace it happened, if the trace is kept.
    pub fn trace(&self) -> Option<Trace> {
        self.facts::<Traced>().ok()?.traceparent?.parse().ok()
    }
}

/// The trace stands beside the facts, so that it goes wherever the payload goes.
#[derive(Serialize)]
struct Envelope<'a, T> {
    #[serde(flatten)]
    facts: &'a T,
    #[serde(skip_serializing_if = "Option::is_none")]
    traceparent: Option<String>,
}

#[derive(Deserialize)]
struct Traced {
    traceparent: Option<String>,
}

/// Facts that are not what the consumer expects: to try again does not help.
#[derive(Debug, thiserror::Error)]
#[error("its facts cannot be read: {0}")]
pub struct Unreadable(#[from] serde_json::Error);

/// Why events were not delivered.
pub type Fault = Box<dyn Error + Send + Sync>;

/// Who wants to know. Called once or more for each event, those of one key in order; an error, or
/// no answer within 8 s, makes the relay try again later, and later events wait.
#[async_trait]
pub trait Consumer: Send + Sync {
    /// A name for the log.
    fn name(&self) -> &'static str;

    /// Takes a batch of events, in order, and ignores the topics that it does not know.
    async fn consume(&self, events: &[Event]) -> Result<(), Fault>;
}

/// Delivers events to one consumer, whose work is a span of each event's own trace.
pub(crate) async fn deliver(consumer: &dyn Consumer, events: &[Event]) -> Result<(), Fault> {
    let name = consumer.name();
    let span = |event: &Event| {
        let parent = event.trace()?;
        let topic = || event.topic.clone();
        Some(Span::start(name, Kind::Consumer, Some(parent), topic))
    };
    let mut spans: Vec<Span> = events.iter().filter_map(span).collect();
    // Work on several events is done once, and in no one's trace.
    let alone = match &spans[..] {
        [span] if events.len() == 1 => Some(span.trace()),
        _ => None,
    };

    // A panic must not end the relay, and the delivery of all that follows, with it.
    let consumed = AssertUnwindSafe(consumer.consume(events)).catch_unwind();
    let result = trace::within(alone, consumed).await;
    let result = result.unwrap_or_else(|_| Err("the consumer panicked".into()));
    let consumed = counter!("events_consumed_total", "consumer" => name);
    let failures = counter!("events_failures_total", "consumer" => name);
    match &result {
        Ok(()) => consumed.increment(events.len() as u64),
        Err(_) => {
            failures.increment(1);
            spans.iter_mut().for_each(|span| span.fail("not consumed"));
        }
    }
    result
}

/// Records how far the relay lags behind: what it has found waiting, oldest first.
pub(crate) fn note_waiting(events: &[Event]) {
    let age = events
        .first()
        .map(|oldest| Timestamp::now().duration_since(oldest.at));
    let age = age.map_or(0.0, |age| age.as_secs_f64());
    gauge!("outbox_waiting_events").set(events.len() as f64);
    gauge!("outbox_oldest_seconds").set(age.max(0.0));
}

/// Called after every append with the event's key, or with `None` when some may have been missed.
pub type OnAppend = dyn Fn(Option<&str>) + Send + Sync;

/// Where the events wait, in the database of the service that causes them.
#[async_trait]
pub trait Outbox: Send + Sync {
    /// Dispatches the oldest events to every consumer and takes them off; how many. Several relays
    /// may do so at once: an event is in one batch at a time, and none is before an earlier one of
    /// its key is off. What a consumer refuses stays.
    async fn dispatch(&self, consumers: &[Arc<dyn Consumer>]) -> Result<usize, Fault>;

    /// Calls `on_append` for what any process appends, until it cannot any more. An outbox that
    /// belongs to one process never calls it, and never returns.
    async fn listen(&self, on_append: &OnAppend) -> Fault {
        let _ = on_append;
        std::future::pending().await
    }
}

/// Carries events from an outbox to consumers.
pub struct Relay {
    /// Where the events wait.
    pub outbox: Arc<dyn Outbox>,
    /// Who wants them.
    pub consumers: Vec<Arc<dyn Consumer>>,
    /// Notified by whoever has committed an event in this process.
    pub wake: Arc<Notify>,
    /// Called at once after an append, in whichever process it was.
    pub on_append: Arc<OnAppend>,
}

impl Relay {
    /// Runs until `stop`; what is not delivered by then stays in the outbox.
    pub async fn run(self, stop: CancellationToken) {
        tokio::select! {
            () = self.deliver(&stop) => {}
            () = self.listen() => {}
        }
    }

    /// Delivers what waits, until nothing does, or until `stop`.
    pub async fn pass(&self, stop: &CancellationToken) -> Result<(), Fault> {
        while !stop.is_cancelled() && self.outbox.dispatch(&self.consumers).await? > 0 {}
        Ok(())
    }

    async fn deliver(&self, stop: &CancellationToken) {
        while !stop.is_cancelled() {
            let wait = match self.pass(stop).await {
                Ok(()) => IDLE,
                Err(fault) => {
                    tracing::warn!(%fault, "events wait in the outbox");
                    RETRY
                }
            };
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.wake.notified() => {}
                () = sleep(wait) => {}
            }
        }
    }

    async fn listen(&self) {
        let (on_append, wake) = (self.on_append.clone(), self.wake.clone());
        let on_append = move |key: Option<&str>| {
            on_append(key);
            wake.notify_one();
        };
        loop {
            let fault = self.outbox.listen(&on_append).await;
            tracing::warn!(%fault, "events of other processes are dispatched late");
            sleep(RETRY).await;
        }
    }
}

/// Delivers `events` to every consumer.
async fn deliver_to_all(events: &[Event], consumers: &[Arc<dyn Consumer>]) -> Result<(), Fault> {
    let delivery = async {
        for consumer in consumers {
            let result = deliver(&**consumer, events).await;
            result.map_err(|fault| format!("consumer {}: {fault}", consumer.name()))?;
        }
        Ok(())
    };
    tokio::time::timeout(DISPATCH_TIMEOUT, delivery)
        .await
        .map_err(|_| "the consumers take too long")?
}

/// The least id that an event which is still remembered can have. An older one is taken for
/// counted, so that to forget it never counts it twice.
pub fn remembered_from() -> Uuid {
    let from = (Timestamp::now() - REMEMBERED).as_millisecond();
    let from = from.try_into().unwrap_or_default();
    uuid::Builder::from_unix_timestamp_millis(from, &[0; 10]).into_uuid()
}
