//! Every event of a service's stream, for each process that wants them all: no group, nothing to acknowledge.

use std::{sync::Arc, time::Duration};

use jiff::{SignedDuration, Timestamp};
use redis::{
    Cmd,
    streams::{StreamReadOptions, StreamReadReply},
};
use tokio_util::sync::CancellationToken;

use super::{
    Consumer, Fault, deliver,
    stream::{entries, read_event, stream_of},
};
use crate::redis::Redis;

/// How many events are read at once.
const BATCH: usize = 512;

/// How long a read waits for events.
const WAIT: Duration = Duration::from_secs(2);

/// How long to wait when Redis is gone.
const PAUSE: Duration = Duration::from_secs(1);

/// The events of a stream from some time ago on. What came while Redis could not be reached comes as soon as
/// it can again; what a consumer refuses comes again, with all that follows.
pub struct Tail {
    redis: Redis,
    stream: String,
    consumer: Arc<dyn Consumer>,
    /// The last entry that the consumer has taken.
    after: String,
}

impl Tail {
    /// The events of `service` that are younger than `age`, and those to come.
    pub fn new(
        redis: &Redis,
        service: &str,
        age: SignedDuration,
        consumer: Arc<dyn Consumer>,
    ) -> Self {
        let from_ms = (Timestamp::now() - age).as_millisecond();
        Self {
            redis: redis.for_blocking_calls(WAIT),
            stream: stream_of(service),
            consumer,
            after: format!("{from_ms}-0"),
        }
    }

    /// Reads until `stop`.
    pub async fn run(mut self, stop: CancellationToken) {
        while let Some(read) = stop.run_until_cancelled(self.read()).await {
            if let Err(fault) = read {
                tracing::warn!(%fault, stream = self.stream, "events are read late");
                stop.run_until_cancelled(tokio::time::sleep(PAUSE)).await;
            }
        }
    }

    async fn read(&mut self) -> Result<(), Fault> {
        let options = StreamReadOptions::default()
            .count(BATCH)
            .block(WAIT.as_millis() as usize);
        let read = Cmd::xread_options(&[&self.stream], &[&self.after], &options);
        let found = entries(self.redis.call::<Option<StreamReadReply>>(&read).await?);
        // What is no event is nothing to wait for.
        let events: Vec<_> = found.iter().filter_map(read_event).collect();
        if !events.is_empty() {
            deliver(&*self.consumer, &events).await?;
        }
        if let Some(last) = found.last() {
            self.after.clone_from(&last.id);
        }
        Ok(())
    }
}
