//! Events between processes: Redis Streams with consumer groups.
//!
//! A process finishes an event before it takes later ones; other processes of its group may handle
//! those meanwhile, so a group of several must not depend on the order.
//!
//! [`Publisher`] is a consumer of the outbox, so an event leaves the outbox only when the stream has
//! it. A [`Subscription`] delivers the stream's events to a consumer, at least once: what a process
//! took and did not finish is claimed by another; what fails again and again is set aside as a dead
//! letter, with the reason, so that it does not hold up the rest; what cannot be read is at once.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use redis::{
    Cmd, Script, Value,
    streams::{
        StreamAutoClaimOptions, StreamId, StreamMaxlen, StreamPendingCountReply, StreamReadOptions,
        StreamReadReply,
    },
};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{Consumer, Event, Fault, Unreadable, deliver};
use crate::redis::{Gone, Redis};

/// How many events the stream keeps, about. What a group has not read within that many is lost to
/// it, so this is far more than a day's.
const KEPT: StreamMaxlen = StreamMaxlen::Approx(1_000_000);

/// How many events are read at once.
const BATCH: usize = 128;

/// How long a read waits for events.
const WAIT: Duration = Duration::from_secs(2);

/// After how long without an answer an event is taken from the process that took it.
const ABANDONED: Duration = Duration::from_secs(30);

/// How often an event is tried before it is set aside: with the pauses between, for 71 s. What only
/// waits for a database to come back must not be set aside.
const TRIES: usize = 8;

/// How long to wait when Redis is gone or an event failed; twice as long each time that it fails
/// again.
const PAUSE: Duration = Duration::from_secs(1);

/// How long to wait at most. Shorter than [`ABANDONED`]: who waits has not died.
const LONGEST_PAUSE: Duration = Duration::from_secs(20);

/// Takes a process off its group's list, unless it has pending events: those would be lost to all.
const LEAVE: &str = r"
if #redis.call('xpending', KEYS[1], ARGV[1], '-', '+', 1, ARGV[2]) == 0 then
  redis.call('xgroup', 'delconsumer', KEYS[1], ARGV[1], ARGV[2])
end
";

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

    async fn consume(&self, events: &[Event]) -> Result<(), Fault> {
        for event in events {
            let add = Cmd::xadd_maxlen(&self.stream, KEPT, "*", &fields(event));
            self.redis.call::<()>(&add).await?;
        }
        Ok(())
    }
}

/// One consumer's place in a service's stream, shared by the processes of its group.
pub struct Subscription {
    redis: Redis,
    /// Waits for events.
    blocking: Redis,
    stream: String,
    group: String,
    process: String,
    consumer: Arc<dyn Consumer>,
    abandoned: Duration,
    pause: Duration,
}

/// Why a tick ended early.
#[derive(Debug, thiserror::Error)]
enum Early {
    #[error(transparent)]
    Gone(#[from] Gone),
    /// The consumer failed.
    #[error("{0}")]
    Failed(Fault),
}

impl Subscription {
    /// Subscribes `consumer` to the events of `service`, as one process of `group`.
    pub fn new(redis: Redis, service: &str, group: &str, consumer: Arc<dyn Consumer>) -> Self {
        Self {
            blocking: redis.for_blocking_calls(WAIT),
            redis,
            stream: stream_of(service),
            group: group.to_owned(),
            process: Uuid::now_v7().simple().to_string(),
            consumer,
            abandoned: ABANDONED,
            pause: PAUSE,
        }
    }

    /// The same, which takes over after so long.
    pub fn taking_over_after(self, abandoned: Duration) -> Self {
        Self { abandoned, ..self }
    }

    /// The same, which waits so long after a first failure.
    pub fn trying_again_after(self, pause: Duration) -> Self {
        Self { pause, ..self }
    }

    /// Runs until `stop`; an event under way is finished.
    pub async fn run(self, stop: CancellationToken) {
        let mut failures = 0;
        while !stop.is_cancelled() {
            let Err(early) = self.tick(&stop).await else {
                failures = 0;
                continue;
            };
            tracing::warn!(fault = %early, group = self.group, "events wait in the stream");
            let pause = match early {
                Early::Gone(_) => self.pause,
                Early::Failed(_) => {
                    failures += 1;
                    let doubled = self.pause.saturating_mul(1 << (failures - 1).min(16));
                    doubled.min(LONGEST_PAUSE)
                }
            };
            stop.run_until_cancelled(tokio::time::sleep(pause)).await;
        }
        self.leave().await;
    }

    async fn tick(&self, stop: &CancellationToken) -> Result<(), Early> {
        self.create_group().await?;
        self.claim_abandoned().await?;
        // What is pending comes first, so that what follows does not overtake it. One at a time:
        // Redis counts a try for each that is read.
        let pending = entries(self.redis.call(&self.read("0", 1)).await?);
        if let Some(entry) = pending.first() {
            return self.handle(entry).await;
        }
        let read = self.read(">", BATCH);
        match stop.run_until_cancelled(self.blocking.call(&read)).await {
            Some(fresh) => self.handle_fresh(&entries(fresh?)).await,
            None => Ok(()),
        }
    }

    /// A read of what is pending for this process, after `0`, or of what nobody has, after `>`.
    fn read(&self, after: &str, count: usize) -> Cmd {
        let options = StreamReadOptions::default()
            .group(&self.group, &self.process)
            .count(count)
            // Ignored for what is pending: that is there or not.
            .block(WAIT.as_millis() as usize);
        Cmd::xread_options(&[&self.stream], &[after], &options)
    }

    /// The group, from the stream's beginning: events may have come before the first consumer.
    async fn create_group(&self) -> Result<(), Gone> {
        let create = Cmd::xgroup_create_mkstream(&self.stream, &self.group, "0");
        match self.redis.call::<()>(&create).await {
            Err(fault) if !fault.to_string().contains("BUSYGROUP") => Err(fault),
            _ => Ok(()),
        }
    }

    /// Takes over what another process took and did not finish.
    async fn claim_abandoned(&self) -> Result<(), Gone> {
        let abandoned = self.abandoned.as_millis() as u64;
        let options = StreamAutoClaimOptions::default().count(BATCH).with_justid();
        let (stream, group, process) = (&self.stream, &self.group, &self.process);
        let claim = Cmd::xautoclaim_options(stream, group, process, abandoned, "0", options);
        self.redis.call::<Value>(&claim).await.map(drop)
    }

    /// Delivers new events: together, and one by one when that fails, so that one bad event does
    /// not make the others bad.
    async fn handle_fresh(&self, entries: &[StreamId]) -> Result<(), Early> {
        if entries.is_empty() {
            return Ok(());
        }
        let events: Option<Vec<Event>> = entries.iter().map(read_event).collect();
        if let Some(events) = events
            && deliver(&*self.consumer, &events).await.is_ok()
        {
            let ids: Vec<&str> = entries.iter().map(|entry| &*entry.id).collect();
            return Ok(self.acknowledge(&ids).await?);
        }
        for entry in entries {
            // Later events of the same key must not overtake one that failed.
            self.handle(entry).await?;
        }
        Ok(())
    }

    /// Delivers one event; sets it aside when it was tried often enough, or can never be read.
    async fn handle(&self, entry: &StreamId) -> Result<(), Early> {
        let Some(event) = read_event(entry) else {
            return Ok(self.set_aside(entry, "it is not an event").await?);
        };
        match deliver(&*self.consumer, &[event]).await {
            Ok(()) => Ok(self.acknowledge(&[&entry.id]).await?),
            Err(fault) if fault.is::<Unreadable>() || self.tries(&entry.id).await? >= TRIES => {
                Ok(self.set_aside(entry, &fault.to_string()).await?)
            }
            Err(fault) => Err(Early::Failed(fault)),
        }
    }

    /// Takes this process off the group's list: it comes back under another name.
    async fn leave(&self) {
        let leave = Script::new(LEAVE);
        let mut leave = leave.key(&self.stream);
        let left = leave.arg(&self.group).arg(&self.process);
        if let Err(fault) = self.redis.run::<()>(left).await {
            tracing::debug!(%fault, group = self.group, "a process stays on the list");
        }
    }

    async fn acknowledge(&self, ids: &[&str]) -> Result<(), Gone> {
        let ack = Cmd::xack(&self.stream, &self.group, ids);
        self.redis.call(&ack).await
    }

    async fn tries(&self, id: &str) -> Result<usize, Gone> {
        let pending = Cmd::xpending_count(&self.stream, &self.group, id, id, 1);
        let reply: StreamPendingCountReply = self.redis.call(&pending).await?;
        Ok(reply.ids.first().map_or(0, |id| id.times_delivered))
    }

    async fn set_aside(&self, entry: &StreamId, reason: &str) -> Result<(), Gone> {
        let (group, id) = (&self.group, &entry.id);
        tracing::error!(group, id, reason, "an event is set aside");
        metrics::counter!("events_dead_total", "group" => group.clone()).increment(1);
        let mut letter = texts(entry);
        letter.push(("reason", reason.to_owned()));
        let add = Cmd::xadd(dead_letters_of(&self.stream, group), "*", &letter);
        self.redis.call::<()>(&add).await?;
        self.acknowledge(&[id]).await
    }
}

pub(super) fn entries(reply: Option<StreamReadReply>) -> Vec<StreamId> {
    let streams = reply.map(|reply| reply.keys).unwrap_or_default();
    streams.into_iter().flat_map(|stream| stream.ids).collect()
}

pub(super) fn stream_of(service: &str) -> String {
    format!("events:{service}")
}

pub(super) fn dead_letters_of(stream: &str, group: &str) -> String {
    format!("{stream}:dead:{group}")
}

pub(super) fn fields(event: &Event) -> [(&'static str, String); 5] {
    [
        ("id", event.id.to_string()),
        ("topic", event.topic.clone()),
        ("key", event.key.clone()),
        ("payload", event.payload.clone()),
        ("at", event.at.to_string()),
    ]
}

pub(super) fn read_event(entry: &StreamId) -> Option<Event> {
    let text = |name| entry.get::<String>(name);
    Some(Event {
        id: text("id")?.parse().ok()?,
        topic: text("topic")?,
        key: text("key")?,
        payload: text("payload")?,
        at: text("at")?.parse().ok()?,
    })
}

/// Every field of an entry that is text.
pub(super) fn texts(entry: &StreamId) -> Vec<(&str, String)> {
    let names = entry.map.keys();
    names
        .filter_map(|name| Some((&**name, entry.get(name)?)))
        .collect()
}
