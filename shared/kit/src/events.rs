//! Events that are never lost: an outbox row written in the transaction that caused it, a relay
//! that hands it to every consumer, and consumers that count each event once by its id.
//!
//! Delivery is at least once and in the outbox's order. A service's migrations include
//! [`OUTBOX_SQL`], a consumer's store [`CONSUMED_SQL`].

mod stream;

use std::{error::Error, sync::Arc, time::Duration};

use async_trait::async_trait;
use jiff::Timestamp;
use metrics::{counter, gauge};
use rusqlite::{Connection, params};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

pub use stream::{DeadLetter, Publisher, Subscription};

use crate::{
    store::Sqlite,
    trace::{self, Kind, Span, Trace},
};

/// The outbox's table, to be part of a migration.
pub const OUTBOX_SQL: &str = "create table outbox (
  id blob primary key,
  topic text not null,
  key text not null,
  payload text not null,
  at integer not null
) strict, without rowid";

/// The consumer's memory of the events that it has counted, to be part of a migration.
pub const CONSUMED_SQL: &str = "create table consumed_event (
  id blob primary key
) strict, without rowid";

/// How many events one turn of the relay takes.
const BATCH: usize = 256;

/// How long the relay sleeps when nobody wakes it, and after a consumer failed.
const IDLE: Duration = Duration::from_secs(1);

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
    pub fn facts<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        serde_json::from_str(&self.payload)
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

/// Appends to the outbox, inside the transaction that causes the event.
pub fn append(db: &Connection, event: &Event) -> Result<(), rusqlite::Error> {
    db.prepare_cached(
        "insert into outbox (id, topic, key, payload, at) values (?1, ?2, ?3, ?4, ?5)",
    )?
    .execute(params![
        event.id,
        event.topic,
        event.key,
        event.payload,
        event.at.as_millisecond()
    ])?;
    Ok(())
}

/// Notes that this consumer counts `event`, inside the transaction that does so.
/// False when it was counted before: then do nothing.
pub fn first_time(db: &Connection, event: Uuid) -> Result<bool, rusqlite::Error> {
    let sql = "insert into consumed_event (id) values (?1) on conflict do nothing";
    Ok(db.prepare_cached(sql)?.execute([event])? == 1)
}

/// Who wants to know. Called once or more for each event, in order; an error makes the relay try
/// again later, and later events wait.
#[async_trait]
pub trait Consumer: Send + Sync {
    /// A name for the log.
    fn name(&self) -> &'static str;

    /// Takes the events of one turn, in order, and ignores the topics that it does not know.
    async fn consume(&self, events: &[Event]) -> Result<(), Box<dyn Error + Send + Sync>>;
}

/// Hands events to one consumer, whose work is a span of each event's own trace.
pub(crate) async fn deliver(
    consumer: &dyn Consumer,
    events: &[Event],
) -> Result<(), Box<dyn Error + Send + Sync>> {
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

    let result = trace::within(alone, consumer.consume(events)).await;
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

/// Carries events from an outbox to the consumers of this process.
#[derive(Clone)]
pub struct Relay {
    store: Sqlite,
    consumers: Arc<[Arc<dyn Consumer>]>,
    wake: Arc<Notify>,
}

impl Relay {
    /// A relay from `store`'s outbox. `wake` is notified by whoever has committed an event.
    pub fn new(store: Sqlite, wake: Arc<Notify>, consumers: Vec<Arc<dyn Consumer>>) -> Self {
        Self {
            store,
            consumers: consumers.into(),
            wake,
        }
    }

    /// Runs until `stop`; what is not delivered by then stays in the outbox.
    pub async fn run(self, stop: CancellationToken) {
        loop {
            let delivered = self.turn().await;
            let wait = match delivered {
                Ok(n) if n == BATCH => continue,
                Ok(_) => IDLE,
                Err(fault) => {
                    tracing::warn!(%fault, "events wait in the outbox");
                    IDLE
                }
            };
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.wake.notified() => {}
                () = tokio::time::sleep(wait) => {}
            }
        }
    }

    /// Delivers one batch and takes it off the outbox; the number of events delivered.
    pub async fn turn(&self) -> Result<usize, Box<dyn Error + Send + Sync>> {
        let events = self.store.read(waiting)?;
        note_waiting(&events);
        if events.is_empty() {
            return Ok(0);
        }
        for consumer in self.consumers.iter() {
            let result = deliver(&**consumer, &events).await;
            result.map_err(|fault| format!("consumer {}: {fault}", consumer.name()))?;
        }
        // An event's id is made before its transaction commits, so a smaller id may appear later:
        // take off exactly what was read.
        let ids: Vec<Uuid> = events.iter().map(|event| event.id).collect();
        self.store
            .write(move |db| {
                let mut delete = db.prepare_cached("delete from outbox where id = ?1")?;
                ids.iter().try_for_each(|id| delete.execute([id]).map(drop))
            })
            .await
            .map_err(|fault: rusqlite::Error| fault)?;
        Ok(events.len())
    }
}

fn waiting(db: &Connection) -> Result<Vec<Event>, rusqlite::Error> {
    let sql = "select id, topic, key, payload, at from outbox order by id limit ?1";
    let mut rows = db.prepare_cached(sql)?;
    let rows = rows.query_map([BATCH as i64], |row| {
        Ok(Event {
            id: row.get(0)?,
            topic: row.get(1)?,
            key: row.get(2)?,
            payload: row.get(3)?,
            at: Timestamp::from_millisecond(row.get(4)?).unwrap_or_default(),
        })
    })?;
    rows.collect()
}
