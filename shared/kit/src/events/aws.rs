//! Events by SNS and SQS: the relay publishes to a FIFO topic, which each consumer's FIFO queue hears (with raw
//! delivery: a message is the event as JSON). An event's key is its group, so that both keep its order; its id is
//! what a second copy is told by.

mod dead_letters;
mod notifications;

use std::{
    collections::HashSet,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use async_trait::async_trait;
use aws::{
    Place,
    sns::{self, MAX_BYTES},
    sqs::{self, Message, NewMessage},
};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{Consumer, DeadLetter, Event, Fault, QueueArn, Source, TopicArn, Unreadable, deliver};

pub(super) use notifications::Told;

/// For how long nobody else gets what this process has: a consumer has 8 s.
const HIDDEN: Duration = Duration::from_secs(30);

/// How often an event is tried before it is set aside, as in a stream.
const TRIES: usize = 8;

/// How long to wait when the queue cannot be reached or an event failed; twice as long each time that it fails again.
const PAUSE: Duration = Duration::from_secs(1);

/// How long to wait at most.
const LONGEST_PAUSE: Duration = Duration::from_secs(20);

/// For how long after a failure messages are received one by one: each that is received is counted as tried.
const CAREFUL: Duration = Duration::from_secs(60);

/// How many bytes an event's group and id take besides it.
const MARGIN: usize = 1024;

/// Where the events of a service go.
pub(super) struct Topic(sns::Topic);

/// Where the events of a consumer come from.
pub struct Queue {
    queue: sqs::Queue,
    hidden: Duration,
    pause: Duration,
    careful: Mutex<Option<Instant>>,
}

/// An event that no message can hold.
#[derive(Debug, thiserror::Error)]
#[error("event {0} has more than the 256 KiB of a message")]
struct TooLarge(Uuid);

fn place(region: &str) -> Place<'_> {
    // Another server than Amazon's is named by AWS_ENDPOINT_URL.
    Place {
        region,
        endpoint: None,
    }
}

impl Topic {
    pub(super) async fn open(arn: &TopicArn) -> Self {
        Self(sns::Topic::open(place(arn.region()), arn.as_str()).await)
    }
}

#[async_trait]
impl Consumer for Topic {
    fn name(&self) -> &'static str {
        "sns topic"
    }

    async fn consume(&self, events: &[Event]) -> Result<(), Fault> {
        for batch in batches(events)? {
            self.0.publish(&batch).await?;
        }
        Ok(())
    }
}

/// What goes in one call each. A key is in a batch once: were one of two refused, the other could overtake it.
fn batches(events: &[Event]) -> Result<Vec<Vec<sns::Message>>, Fault> {
    let mut batches = Vec::new();
    let (mut batch, mut keys, mut bytes) = (Vec::new(), HashSet::new(), 0);
    for event in events {
        let body = serde_json::to_string(event)?;
        let size = body.len() + MARGIN;
        if size > MAX_BYTES {
            return Err(TooLarge(event.id).into());
        }
        let is_full = batch.len() == sns::BATCH || bytes + size > MAX_BYTES;
        if is_full || keys.contains(&event.key) {
            batches.push(std::mem::take(&mut batch));
            keys.clear();
            bytes = 0;
        }
        keys.insert(event.key.clone());
        bytes += size;
        batch.push(sns::Message {
            body,
            group: event.key.clone(),
            once: event.id.to_string(),
        });
    }
    batches.push(batch);
    batches.retain(|batch| !batch.is_empty());
    Ok(batches)
}

impl Queue {
    /// The queue of this name.
    pub async fn open(arn: &QueueArn) -> Self {
        Self {
            queue: open(arn).await,
            hidden: HIDDEN,
            pause: PAUSE,
            careful: Mutex::default(),
        }
    }

    /// The same, which takes over after so long what another process has taken.
    pub fn taking_over_after(self, hidden: Duration) -> Self {
        Self { hidden, ..self }
    }

    /// The same, which waits so long after a first failure.
    pub fn trying_again_after(self, pause: Duration) -> Self {
        Self { pause, ..self }
    }

    fn is_careful(&self) -> bool {
        let careful = self.careful.lock().expect("nobody panics holding it");
        careful.is_some_and(|since| since.elapsed() < CAREFUL)
    }

    /// Receives what is there, and delivers it.
    async fn tick(
        &self,
        consumer: &dyn Consumer,
        stop: &CancellationToken,
    ) -> Result<(), aws::Fault> {
        let at_most = if self.is_careful() { 1 } else { sqs::BATCH };
        let receive = self.queue.receive(at_most, sqs::LONGEST_WAIT, self.hidden);
        let Some(received) = stop.run_until_cancelled(receive).await else {
            return Ok(());
        };
        self.handle(consumer, &received?).await
    }

    /// Delivers messages: together, and one by one when that fails, so that one bad event does not make the others
    /// bad.
    async fn handle(
        &self,
        consumer: &dyn Consumer,
        messages: &[Message],
    ) -> Result<(), aws::Fault> {
        if messages.is_empty() {
            return Ok(());
        }
        let events: Option<Vec<Event>> = messages.iter().map(read).collect();
        if let Some(events) = events
            && deliver(consumer, &events).await.is_ok()
        {
            let all: Vec<&Message> = messages.iter().collect();
            return self.queue.delete(&all).await;
        }
        let mut waiting = HashSet::new();
        for message in messages {
            // Later events of the same key must not overtake one that failed.
            if waiting.contains(&message.group) {
                self.queue.hide(message, Duration::ZERO).await?;
            } else if !self.handle_one(consumer, message).await? {
                waiting.insert(&message.group);
            }
        }
        Ok(())
    }

    /// Delivers one event; sets it aside when it was tried often enough, or can never be read. Whether those after
    /// it may come.
    async fn handle_one(
        &self,
        consumer: &dyn Consumer,
        message: &Message,
    ) -> Result<bool, aws::Fault> {
        let reason = match read(message) {
            None => "it is not an event".to_owned(),
            Some(event) => match deliver(consumer, &[event]).await {
                Ok(()) => return self.queue.delete(&[message]).await.map(|()| true),
                Err(fault) if fault.is::<Unreadable>() || message.receives >= TRIES => {
                    fault.to_string()
                }
                Err(fault) => {
                    tracing::warn!(%fault, "events wait in the queue");
                    *self.careful.lock().expect("nobody panics holding it") = Some(Instant::now());
                    let doubled = 1 << message.receives.saturating_sub(1).min(16);
                    let pause = self.pause.saturating_mul(doubled).min(LONGEST_PAUSE);
                    return self.queue.hide(message, pause).await.map(|()| false);
                }
            },
        };
        self.set_aside(message, &reason).await
    }

    /// Puts a message among the dead letters, with the reason; whether it went. Without a queue for them it stays.
    async fn set_aside(&self, message: &Message, reason: &str) -> Result<bool, aws::Fault> {
        let id = &message.id;
        let Some(dead) = self.queue.dead_letters().await? else {
            tracing::error!(
                id,
                reason,
                "an event cannot be set aside: the queue has no other for that"
            );
            return self
                .queue
                .hide(message, LONGEST_PAUSE)
                .await
                .map(|()| false);
        };
        tracing::error!(id, reason, "an event is set aside");
        metrics::counter!("events_dead_total", "group" => self.queue.name().to_owned())
            .increment(1);
        let letter = NewMessage {
            body: &message.body,
            // Dead letters need no order, and those of one group would hide one another.
            group: id,
            once: id,
            reason: Some(reason),
        };
        dead.send(letter).await?;
        self.queue.delete(&[message]).await.map(|()| true)
    }
}

#[async_trait]
impl Source for Queue {
    async fn run(&self, consumer: Arc<dyn Consumer>, stop: CancellationToken) {
        while !stop.is_cancelled() {
            if let Err(fault) = self.tick(&*consumer, &stop).await {
                tracing::warn!(%fault, "the queue cannot be used");
                stop.run_until_cancelled(sleep(self.pause)).await;
            }
        }
    }

    async fn dead_letters(&self, limit: usize) -> Result<Vec<DeadLetter>, Fault> {
        dead_letters::list(&self.queue, limit).await
    }

    async fn replay(&self) -> Result<usize, Fault> {
        dead_letters::replay(&self.queue).await
    }
}

async fn open(arn: &QueueArn) -> sqs::Queue {
    sqs::Queue::open(place(arn.region()), arn.account(), arn.name()).await
}

fn read(message: &Message) -> Option<Event> {
    serde_json::from_str(&message.body).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(key: &str, bytes: usize) -> Event {
        Event::new(
            "order.confirmed",
            key,
            &serde_json::json!({ "it": "x".repeat(bytes) }),
        )
    }

    #[test]
    fn a_batch_has_ten_events_and_each_key_once_and_what_a_message_holds() {
        let sizes = |events: &[Event]| {
            let batches = batches(events).unwrap();
            batches.iter().map(Vec::len).collect::<Vec<_>>()
        };
        let many: Vec<_> = (0..25).map(|n| event(&n.to_string(), 1)).collect();
        let keys = ["a", "b", "a", "a", "c"].map(|key| event(key, 1));
        let large: Vec<_> = (0..4).map(|n| event(&n.to_string(), 100_000)).collect();

        assert_eq!(sizes(&many), [10, 10, 5]);
        assert_eq!(sizes(&keys), [2, 1, 2]);
        assert_eq!(sizes(&large), [2, 2]);
        assert_eq!(sizes(&[]), [0; 0]);
    }

    #[test]
    fn an_event_that_no_message_holds_is_refused_by_its_id() {
        let large = event("a", 256 * 1024);

        let refused = batches(std::slice::from_ref(&large))
            .unwrap_err()
            .to_string();

        assert!(refused.contains(&large.id.to_string()), "{refused}");
    }
}
