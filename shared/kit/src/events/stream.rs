//! Events between processes: Redis Streams with consumer groups.
//!
//! A process finishes an event before it takes later ones; other processes of its group may handle
//! those meanwhile, so a group of several must not depend on the order.
//!
//! [`Publisher`] is a consumer of the outbox, so an event leaves the outbox only when the stream has
//! it. A [`Subscription`] hands the stream's events to a consumer, at least once: what a process
//! took and did not finish is claimed by another; what fails again and again is set aside as a dead
//! letter, with the reason, so that it does not hold up the rest.

use std::{collections::HashMap, error::Error, sync::Arc, time::Duration};

use async_trait::async_trait;
use jiff::Timestamp;
use redis::{
    FromRedisValue, Value,
    streams::{StreamId, StreamPendingCountReply, StreamRangeReply, StreamReadReply},
};
use serde::Serialize;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{Consumer, Event, deliver};
use crate::redis::{Gone, Redis};

/// How many events the stream keeps, about. What a group has not read within that many is lost to
/// it, so this is far more than a day's.
const KEPT: usize = 1_000_000;

/// How many events one turn takes.
const BATCH: usize = 128;

/// How long a turn waits for events.
const WAIT: Duration = Duration::from_secs(2);

/// After how long without an answer an event is taken from the process that took it.
const ABANDONED: Duration = Duration::from_secs(30);

/// How often an event is tried before it is set aside.
const TRIES: usize = 5;

/// How long to wait when Redis is gone or an event failed.
const PAUSE: Duration = Duration::from_secs(1);

/// Puts a service's events into its stream.
pub struct Publisher {
    redis: Redis,
    stream: String,
}

impl Publisher {
    /// Publishes to `events:<service>`.
    pub fn new(redis: Redis, service: &str) -> Self {
        let stream = stream_of(service);
        Self { redis, stream }
    }
}

#[async_trait]
impl Consumer for Publisher {
    fn name(&self) -> &'static str {
        "redis stream"
    }

    async fn consume(&self, events: &[Event]) -> Result<(), Box<dyn Error + Send + Sync>> {
        for event in events {
            let mut add = redis::cmd("xadd");
            add.arg(&self.stream)
                .arg("maxlen")
                .arg("~")
                .arg(KEPT)
                .arg("*");
            for (field, value) in fields(event) {
                add.arg(field).arg(value);
            }
            self.redis.call::<()>(&add).await?;
        }
        Ok(())
    }
}

/// One consumer's place in a service's stream, shared by the processes of its group.
pub struct Subscription {
    redis: Redis,
    patient: Redis,
    stream: String,
    group: String,
    process: String,
    consumer: Arc<dyn Consumer>,
    abandoned: Duration,
}

/// An event that was set aside, and why.
#[derive(Debug, Serialize)]
pub struct DeadLetter {
    /// Its place among the dead letters.
    pub place: String,
    /// The event.
    pub event: Event,
    /// What the consumer said the last time.
    pub reason: String,
}

impl Subscription {
    /// Subscribes `consumer` to the events of `service`, as one process of `group`.
    pub fn new(redis: Redis, service: &str, group: &str, consumer: Arc<dyn Consumer>) -> Self {
        Self {
            patient: redis.patient(),
            redis,
            stream: stream_of(service),
            group: group.to_owned(),
            process: Uuid::now_v7().simple().to_string(),
            consumer,
            abandoned: ABANDONED,
        }
    }

    /// The same, which takes over after so long.
    pub fn taking_over_after(self, abandoned: Duration) -> Self {
        Self { abandoned, ..self }
    }

    /// Runs until `stop`; an event in hand is finished.
    pub async fn run(self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            let turn = self.turn(&stop).await;
            if let Err(fault) = turn {
                tracing::warn!(%fault, group = self.group, "events wait in the stream");
                let pause = tokio::time::sleep(PAUSE);
                if stop.run_until_cancelled(pause).await.is_none() {
                    return;
                }
            }
        }
    }

    async fn turn(&self, stop: &CancellationToken) -> Result<(), Box<dyn Error + Send + Sync>> {
        self.create_group().await?;
        // What is in hand comes first, so that what follows does not overtake it.
        self.claim_abandoned().await?;
        let in_hand = self.redis.call(&self.read("0")).await?;
        self.handle(entries(in_hand), false).await?;
        let read = self.read(">");
        let read = self.patient.call(&read);
        match stop.run_until_cancelled(read).await {
            Some(fresh) => self.handle(entries(fresh?), true).await,
            None => Ok(()),
        }
    }

    /// A read of what this process has in hand, after `0`, or of what nobody has, after `>`.
    fn read(&self, after: &str) -> redis::Cmd {
        let mut read = redis::cmd("xreadgroup");
        read.arg("group").arg(&self.group).arg(&self.process);
        // Ignored for what is in hand: that is there or not.
        read.arg("count")
            .arg(BATCH)
            .arg("block")
            .arg(WAIT.as_millis() as u64);
        read.arg("streams").arg(&self.stream).arg(after);
        read
    }

    /// The group, from the stream's beginning: events may have come before the first consumer.
    async fn create_group(&self) -> Result<(), Gone> {
        let mut create = redis::cmd("xgroup");
        create.arg("create").arg(&self.stream).arg(&self.group);
        match self.redis.call::<()>(create.arg("0").arg("mkstream")).await {
            Err(fault) if !fault.to_string().contains("BUSYGROUP") => Err(fault),
            _ => Ok(()),
        }
    }

    /// Takes over what another process took and did not finish.
    async fn claim_abandoned(&self) -> Result<(), Gone> {
        let mut claim = redis::cmd("xautoclaim");
        claim.arg(&self.stream).arg(&self.group).arg(&self.process);
        claim.arg(self.abandoned.as_millis() as u64).arg("0");
        claim.arg("count").arg(BATCH).arg("justid");
        self.redis.call::<Value>(&claim).await.map(drop)
    }

    /// Hands the events on: together, and one by one when that fails, so that one bad event does
    /// not make the others bad.
    async fn handle(
        &self,
        entries: Vec<StreamId>,
        together: bool,
    ) -> Result<(), Box<dyn Error + Send + Sync>> {
        if entries.is_empty() {
            return Ok(());
        }
        if together {
            let events: Option<Vec<Event>> = entries.iter().map(read_event).collect();
            if let Some(events) = events
                && deliver(&*self.consumer, &events).await.is_ok()
            {
                let ids: Vec<&str> = entries.iter().map(|entry| &*entry.id).collect();
                return Ok(self.acknowledge(&ids).await?);
            }
        }
        let mut failed = Ok(());
        for entry in &entries {
            let handled = match read_event(entry) {
                Some(event) => deliver(&*self.consumer, &[event]).await,
                None => Err("it is not an event".into()),
            };
            match handled {
                Ok(()) => self.acknowledge(&[&entry.id]).await?,
                Err(fault) if self.tries(&entry.id).await? >= TRIES => {
                    self.set_aside(entry, &fault.to_string()).await?;
                }
                // Later events of the same key must not overtake it.
                Err(fault) => {
                    failed = Err(fault);
                    break;
                }
            }
        }
        failed
    }

    async fn acknowledge(&self, ids: &[&str]) -> Result<(), Gone> {
        let mut ack = redis::cmd("xack");
        self.redis
            .call(ack.arg(&self.stream).arg(&self.group).arg(ids))
            .await
    }

    async fn tries(&self, id: &str) -> Result<usize, Gone> {
        let mut pending = redis::cmd("xpending");
        let pending = pending
            .arg(&self.stream)
            .arg(&self.group)
            .arg(id)
            .arg(id)
            .arg(1);
        let reply: StreamPendingCountReply = self.redis.call(pending).await?;
        Ok(reply.ids.first().map_or(0, |id| id.times_delivered))
    }

    async fn set_aside(&self, entry: &StreamId, reason: &str) -> Result<(), Gone> {
        tracing::error!(
            group = self.group,
            id = entry.id,
            reason,
            "an event is set aside"
        );
        metrics::counter!("events_dead_total", "group" => self.group.clone()).increment(1);
        let mut add = redis::cmd("xadd");
        add.arg(dead_letters_of(&self.stream, &self.group)).arg("*");
        for (field, value) in &entry.map {
            if let Ok(value) = String::from_redis_value(value.clone()) {
                add.arg(field).arg(value);
            }
        }
        self.redis.call::<()>(add.arg("reason").arg(reason)).await?;
        self.acknowledge(&[&entry.id]).await
    }

    /// The events of `service` that `group` has set aside, oldest first, at most `limit`.
    pub async fn dead_letters(
        redis: &Redis,
        service: &str,
        group: &str,
        limit: usize,
    ) -> Result<Vec<DeadLetter>, Gone> {
        let mut range = redis::cmd("xrange");
        range
            .arg(dead_letters_of(&stream_of(service), group))
            .arg("-")
            .arg("+");
        let reply: StreamRangeReply = redis.call(range.arg("count").arg(limit)).await?;
        let letter = |entry: StreamId| {
            Some(DeadLetter {
                reason: entry.get("reason").unwrap_or_default(),
                event: read_event(&entry)?,
                place: entry.id,
            })
        };
        Ok(reply.ids.into_iter().filter_map(letter).collect())
    }

    /// Puts every event that `group` has set aside back into the stream; how many there were. Every
    /// group of the stream sees them again, and counts them once by their ids.
    pub async fn replay(redis: &Redis, service: &str, group: &str) -> Result<usize, Gone> {
        let stream = stream_of(service);
        let dead = dead_letters_of(&stream, group);
        let letters = Self::dead_letters(redis, service, group, usize::MAX >> 1).await?;
        for letter in &letters {
            let mut add = redis::cmd("xadd");
            add.arg(&stream).arg("*");
            for (field, value) in fields(&letter.event) {
                add.arg(field).arg(value);
            }
            redis.call::<()>(&add).await?;
            redis
                .call::<()>(redis::cmd("xdel").arg(&dead).arg(&letter.place))
                .await?;
        }
        Ok(letters.len())
    }
}

fn entries(reply: Option<StreamReadReply>) -> Vec<StreamId> {
    let streams = reply.map(|reply| reply.keys).unwrap_or_default();
    streams.into_iter().flat_map(|stream| stream.ids).collect()
}

fn stream_of(service: &str) -> String {
    format!("events:{service}")
}

fn dead_letters_of(stream: &str, group: &str) -> String {
    format!("{stream}:dead:{group}")
}

fn fields(event: &Event) -> [(&'static str, String); 5] {
    [
        ("id", event.id.to_string()),
        ("topic", event.topic.clone()),
        ("key", event.key.clone()),
        ("payload", event.payload.clone()),
        ("at", event.at.to_string()),
    ]
}

fn read_event(entry: &StreamId) -> Option<Event> {
    let text = |name: &str| field(&entry.map, name);
    Some(Event {
        id: text("id")?.parse().ok()?,
        topic: text("topic")?,
        key: text("key")?,
        payload: text("payload")?,
        at: text("at")?.parse::<Timestamp>().ok()?,
    })
}

fn field(map: &HashMap<String, Value>, name: &str) -> Option<String> {
    String::from_redis_value(map.get(name)?.clone()).ok()
}
