//! Batches of a queue of SQS (docs.aws.amazon.com/lambda: "Using Lambda with Amazon SQS"): each record is one event
//! of a service, as its topic's message or by itself, or what a bucket tells. What cannot be taken is named in the
//! answer and comes again; in a group of a FIFO queue all that follows it does too, so that the order stays.

use std::{collections::HashSet, sync::Arc};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    deadline::Deadline,
    events::{Consumer, Event, Fault, Take, deliver},
};

/// What the event of a queue calls itself.
const SOURCE: &str = "aws:sqs";

/// How S3 calls itself: in the records of what it tells, and in the message that tries whether it may tell it
/// (docs.aws.amazon.com/AmazonS3: "Event message structure").
const BUCKETS: [&str; 2] = ["aws:s3", "Amazon S3"];

/// Who takes what is in the records.
pub(super) struct Takers {
    /// The events of services.
    pub(super) consumers: Vec<Arc<dyn Consumer>>,
    /// What buckets tell.
    pub(super) notified: Option<Arc<Take>>,
}

/// Some records of a queue.
#[derive(Deserialize)]
pub(super) struct Batch {
    #[serde(rename = "Records")]
    records: Vec<Record>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Record {
    message_id: String,
    body: String,
    #[serde(default)]
    attributes: Attributes,
}

#[derive(Default, Deserialize)]
struct Attributes {
    #[serde(rename = "MessageGroupId")]
    group: Option<String>,
}

/// A message of SNS that a queue holds in full.
#[derive(Deserialize)]
struct Notification {
    #[serde(rename = "Message")]
    message: String,
}

/// The records that have to come again.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Failures {
    batch_item_failures: Vec<Failure>,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Failure {
    item_identifier: String,
}

impl Failures {
    /// This one; in a stream, and all that follow it.
    pub(super) fn at(id: String) -> Self {
        let failure = Failure {
            item_identifier: id,
        };
        Self {
            batch_item_failures: vec![failure],
        }
    }
}

impl Batch {
    /// The batch in this event, if it is one.
    pub(super) fn of(event: &Value) -> Option<Result<Self, serde_json::Error>> {
        let source = event.pointer("/Records/0/eventSource")?;
        (source == SOURCE).then(|| Self::deserialize(event))
    }

    /// Delivers every record.
    pub(super) async fn take(self, takers: &Takers, end: Deadline) -> Failures {
        let mut failures = Failures::default();
        let mut held = HashSet::new();
        for record in self.records {
            let Record {
                message_id,
                body,
                attributes: Attributes { group },
            } = record;
            let is_held = group.as_ref().is_some_and(|group| held.contains(group));
            let taken = match is_held {
                true => Err("an earlier one of its group has to come again".into()),
                false => tokio::time::timeout_at(end.instant(), takers.take(&body))
                    .await
                    .unwrap_or_else(|_| Err("the function's time was over".into())),
            };
            if let Err(fault) = taken {
                tracing::warn!(%fault, id = message_id, "a record has to come again");
                held.extend(group);
                failures.batch_item_failures.push(Failure {
                    item_identifier: message_id,
                });
            }
        }
        failures
    }
}

impl Takers {
    async fn take(&self, body: &str) -> Result<(), Fault> {
        if is_of_a_bucket(body) {
            let take = self.notified.as_ref();
            let take = take.ok_or("nobody here takes what a bucket tells")?;
            return take(body.to_owned()).await;
        }
        let event = event(body)?;
        for consumer in &self.consumers {
            deliver(&**consumer, std::slice::from_ref(&event)).await?;
        }
        Ok(())
    }
}

fn is_of_a_bucket(body: &str) -> bool {
    let told: Value = serde_json::from_str(body).unwrap_or_default();
    let records = told.pointer("/Records/0/eventSource");
    let by = records.or(told.get("Service")).and_then(Value::as_str);
    by.is_some_and(|by| BUCKETS.contains(&by))
}

/// The event, whether the topic delivers it raw or wrapped.
fn event(body: &str) -> Result<Event, Fault> {
    let wrapped = serde_json::from_str::<Notification>(body);
    let text = wrapped.as_ref().map_or(body, |it| &it.message);
    let event = serde_json::from_str(text);
    // What it is would repeat a part of it.
    event.map_err(|_| "it is no event".into())
}
