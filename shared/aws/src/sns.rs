//! A FIFO topic of SNS.

use std::time::Duration;

use aws_sdk_sns::{Client, types::PublishBatchRequestEntry};

use crate::{Fault, Place};

/// How long a call may take with all its attempts.
const PATIENCE: Duration = Duration::from_secs(3);

/// How many messages one call takes.
pub const BATCH: usize = 10;

/// How many bytes the messages of one call have together.
pub const MAX_BYTES: usize = 256 * 1024;

/// A topic.
pub struct Topic {
    client: Client,
    arn: String,
}

/// What is published.
#[derive(Clone, Debug)]
pub struct Message {
    /// What it says.
    pub body: String,
    /// Messages of one group keep their order.
    pub group: String,
    /// A second message of this name within five minutes is taken for the same.
    pub once: String,
}

impl Topic {
    /// The topic of this name.
    pub async fn open(place: Place<'_>, arn: &str) -> Self {
        Self {
            client: Client::new(&place.configuration(PATIENCE).await),
            arn: arn.to_owned(),
        }
    }

    /// Publishes up to [`BATCH`] messages of up to [`MAX_BYTES`] together. Some may have been when it fails.
    pub async fn publish(&self, messages: &[Message]) -> Result<(), Fault> {
        let mut batch = self.client.publish_batch().topic_arn(&self.arn);
        for (number, message) in messages.iter().enumerate() {
            let entry = PublishBatchRequestEntry::builder()
                .id(number.to_string())
                .message(&message.body)
                .message_group_id(&message.group)
                .message_deduplication_id(&message.once)
                .build();
            let entry = entry.map_err(|fault| Fault::new(format!("PublishBatch: {fault}"), false));
            batch = batch.publish_batch_request_entries(entry?);
        }
        let answer = batch.send().await;
        let answer = answer.map_err(|e| Fault::of("PublishBatch", &e))?;
        match answer.failed().first() {
            None => Ok(()),
            Some(first) => Err(Fault::new(
                format!("PublishBatch: an entry: {}", first.code()),
                !first.sender_fault(),
            )),
        }
    }
}
