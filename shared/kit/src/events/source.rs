//! Where events go between processes and where they come from: a stream in Redis, or on AWS a topic and the queues
//! that hear of it. The settings choose.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use futures::future::BoxFuture;
use tokio_util::sync::CancellationToken;

use super::{Consumer, DeadLetter, Fault, Publisher, QueueArn, Subscription, TopicArn};
use crate::redis::{Redis, RedisUrl};

/// Where one consumer's events come from. Each is delivered once or more, those of one key in order; what fails
/// again and again is set aside, so that it does not hold up the rest.
#[async_trait]
pub trait Source: Send + Sync {
    /// Delivers events to `consumer` until `stop`; an event under way is finished.
    async fn run(&self, consumer: Arc<dyn Consumer>, stop: CancellationToken);

    /// The events that were set aside, at most `limit`.
    async fn dead_letters(&self, limit: usize) -> Result<Vec<DeadLetter>, Fault>;

    /// Puts every event that was set aside back; how many there were. What is no event stays set aside.
    async fn replay(&self) -> Result<usize, Fault>;
}

/// Messages of AWS's own in a queue, such as those of a bucket: in no order, and no events of ours.
#[async_trait]
pub trait Notifications: Send + Sync {
    /// Hands over each until `stop`. What is refused comes again in two minutes; how often, and where it goes then,
    /// the queue says.
    async fn run(&self, take: &Take, stop: CancellationToken);
}

/// Who takes them.
pub type Take = dyn Fn(String) -> BoxFuture<'static, Result<(), Fault>> + Send + Sync;

/// The events of a service in its stream, for a group.
pub struct Stream {
    redis: Redis,
    service: String,
    group: String,
    pause: Option<Duration>,
    abandoned: Option<Duration>,
}

/// Settings that cannot be followed.
#[derive(Debug, thiserror::Error)]
pub enum NoChannel {
    /// The adapter is not part of this program.
    #[error("{0}: this program was built without the feature aws-events")]
    NotBuilt(&'static str),
    /// A queue that may mix the order up.
    #[error("queue: expected one that keeps the order: arn:aws:sqs:<region>:<account>:<name>.fifo")]
    NoOrder,
}

impl Stream {
    /// The events of `service`, shared by the processes of `group`.
    pub fn new(redis: Redis, service: &str, group: &str) -> Self {
        Self {
            redis,
            service: service.to_owned(),
            group: group.to_owned(),
            pause: None,
            abandoned: None,
        }
    }

    /// The same, which takes over after so long what another process has taken.
    pub fn taking_over_after(self, abandoned: Duration) -> Self {
        Self {
            abandoned: Some(abandoned),
            ..self
        }
    }

    /// The same, which waits so long after a first failure.
    pub fn trying_again_after(self, pause: Duration) -> Self {
        Self {
            pause: Some(pause),
            ..self
        }
    }
}

#[async_trait]
impl Source for Stream {
    async fn run(&self, consumer: Arc<dyn Consumer>, stop: CancellationToken) {
        let redis = self.redis.clone();
        let mut subscription = Subscription::new(redis, &self.service, &self.group, consumer);
        if let Some(pause) = self.pause {
            subscription = subscription.trying_again_after(pause);
        }
        if let Some(abandoned) = self.abandoned {
            subscription = subscription.taking_over_after(abandoned);
        }
        subscription.run(stop).await;
    }

    async fn dead_letters(&self, limit: usize) -> Result<Vec<DeadLetter>, Fault> {
        let (redis, service, group) = (&self.redis, &self.service, &self.group);
        Ok(Subscription::dead_letters(redis, service, group, limit).await?)
    }

    async fn replay(&self) -> Result<usize, Fault> {
        Ok(Subscription::replay(&self.redis, &self.service, &self.group).await?)
    }
}

/// Who takes the events of `service` to other processes: to the topic where there is one, else to the stream in
/// Redis; nobody where there is neither.
pub async fn publisher(
    redis: Option<&RedisUrl>,
    topic: Option<&TopicArn>,
    service: &str,
) -> Result<Option<Arc<dyn Consumer>>, NoChannel> {
    let Some(topic) = topic else {
        let publisher = |url| Arc::new(Publisher::new(Redis::new(url), service)) as _;
        return Ok(redis.map(publisher));
    };
    #[cfg(feature = "aws-events")]
    return Ok(Some(Arc::new(super::aws::Topic::open(topic).await)));
    #[cfg(not(feature = "aws-events"))]
    {
        let _ = topic;
        Err(NoChannel::NotBuilt("topic"))
    }
}

/// Where the events of `service` come from for `group`: the queue where there is one, else the stream in Redis;
/// nowhere where there is neither.
pub async fn source(
    redis: Option<&RedisUrl>,
    queue: Option<&QueueArn>,
    service: &str,
    group: &str,
) -> Result<Option<Arc<dyn Source>>, NoChannel> {
    let Some(queue) = queue else {
        let stream = |url| Arc::new(Stream::new(Redis::new(url), service, group)) as _;
        return Ok(redis.map(stream));
    };
    if !queue.is_fifo() {
        return Err(NoChannel::NoOrder);
    }
    #[cfg(feature = "aws-events")]
    return Ok(Some(Arc::new(super::aws::Queue::open(queue).await)));
    #[cfg(not(feature = "aws-events"))]
    Err(NoChannel::NotBuilt("queue"))
}

/// The notifications of this queue.
pub async fn notifications(queue: &QueueArn) -> Result<Arc<dyn Notifications>, NoChannel> {
    #[cfg(feature = "aws-events")]
    return Ok(Arc::new(super::aws::Told::open(queue).await));
    #[cfg(not(feature = "aws-events"))]
    {
        let _ = queue;
        Err(NoChannel::NotBuilt("uploads"))
    }
}
