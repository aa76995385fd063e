//! What a queue has of others.

use std::time::Duration;

use async_trait::async_trait;
use aws::sqs::{BATCH, LONGEST_WAIT, Queue};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::{Fault, PAUSE, QueueArn, open};
use crate::events::{Notifications, Take};

/// For how long nobody else gets what this process has.
const HIDDEN: Duration = Duration::from_secs(120);

/// A queue of notifications.
pub(in crate::events) struct Told(Queue);

impl Told {
    /// The queue of this name.
    pub(in crate::events) async fn open(arn: &QueueArn) -> Self {
        Self(open(arn).await)
    }
}

#[async_trait]
impl Notifications for Told {
    async fn run(&self, take: &Take, stop: CancellationToken) {
        while !stop.is_cancelled() {
            let receive = self.0.receive(BATCH, LONGEST_WAIT, HIDDEN);
            let received = match stop.run_until_cancelled(receive).await {
                None => return,
                Some(Ok(received)) => received,
                Some(Err(fault)) => {
                    tracing::warn!(%fault, "the queue cannot be used");
                    stop.run_until_cancelled(sleep(PAUSE)).await;
                    continue;
                }
            };
            for message in &received {
                let taken = take(message.body.clone()).await;
                let taken = match taken {
                    Ok(()) => self.0.delete(&[message]).await.map_err(Fault::from),
                    refused => refused,
                };
                if let Err(fault) = taken {
                    tracing::warn!(%fault, "a notification is taken later");
                }
            }
        }
    }
}
