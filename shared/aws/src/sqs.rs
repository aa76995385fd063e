//! A queue of SQS.

use std::time::Duration;

use aws_sdk_sqs::{
    Client,
    types::{
        DeleteMessageBatchRequestEntry, Message as Received, MessageAttributeValue,
        MessageSystemAttributeName as System, QueueAttributeName,
    },
};
use serde::Deserialize;
use tokio::sync::OnceCell;

use crate::{Fault, Place};

/// How long a call may take with all its attempts.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long a message may be waited for.
pub const LONGEST_WAIT: Duration = Duration::from_secs(20);

/// How many messages one call takes.
pub const BATCH: i32 = 10;

/// What a message that was set aside says of why.
const REASON: &str = "reason";

/// A queue. It is looked for when it is first needed.
pub struct Queue {
    client: Client,
    /// Waits for messages.
    waiting: Client,
    account: String,
    name: String,
    url: OnceCell<String>,
}

/// A message that nobody else gets for a while.
#[derive(Clone, Debug)]
pub struct Message {
    /// Its name in the queue.
    pub id: String,
    /// What it says.
    pub body: String,
    /// Messages of one group keep their order; empty where the queue keeps none.
    pub group: String,
    /// How often it was received, with this time.
    pub receives: usize,
    /// Why it was set aside.
    pub reason: Option<String>,
    receipt: String,
}

/// A message to send.
#[derive(Clone, Debug, Default)]
pub struct NewMessage<'a> {
    /// What it says.
    pub body: &'a str,
    /// Messages of one group keep their order.
    pub group: &'a str,
    /// A second message of this name within five minutes is taken for the same.
    pub once: &'a str,
    /// Why it is set aside.
    pub reason: Option<&'a str>,
}

/// Where a queue sets messages aside.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Redrive {
    dead_letter_target_arn: String,
}

impl Queue {
    /// The queue of this account and name.
    pub async fn open(place: Place<'_>, account: &str, name: &str) -> Self {
        let client = async |patience| Client::new(&place.configuration(patience).await);
        Self {
            client: client(PATIENCE).await,
            waiting: client(LONGEST_WAIT + PATIENCE).await,
            account: account.to_owned(),
            name: name.to_owned(),
            url: OnceCell::new(),
        }
    }

    /// What it is called.
    pub fn name(&self) -> &str {
        &self.name
    }

    async fn url(&self) -> Result<&str, Fault> {
        let find = async || {
            let find = self.client.get_queue_url().queue_name(&self.name);
            let found = find.queue_owner_aws_account_id(&self.account).send().await;
            let found = found.map_err(|e| Fault::of("GetQueueUrl", &e))?;
            found.queue_url.ok_or_else(|| {
                Fault::new(
                    "GetQueueUrl: an answer without an address".to_owned(),
                    false,
                )
            })
        };
        self.url.get_or_try_init(find).await.map(String::as_str)
    }

    /// Where this queue sets messages aside, if it does.
    pub async fn dead_letters(&self) -> Result<Option<Self>, Fault> {
        let ask = self
            .client
            .get_queue_attributes()
            .queue_url(self.url().await?);
        let ask = ask.attribute_names(QueueAttributeName::RedrivePolicy);
        let told = ask.send().await;
        let told = told.map_err(|e| Fault::of("GetQueueAttributes", &e))?;
        let mut told = told.attributes.unwrap_or_default();
        let Some(policy) = told.remove(&QueueAttributeName::RedrivePolicy) else {
            return Ok(None);
        };
        let policy = serde_json::from_str::<Redrive>(&policy).ok();
        let arn = policy.map(|policy| policy.dead_letter_target_arn);
        let parts = arn.as_ref().and_then(|arn| {
            let (rest, name) = arn.rsplit_once(':')?;
            Some((rest.rsplit_once(':')?.1, name))
        });
        let (account, name) = parts.ok_or_else(|| {
            Fault::new(
                "GetQueueAttributes: a redrive policy that is none".to_owned(),
                false,
            )
        })?;
        Ok(Some(Self {
            client: self.client.clone(),
            waiting: self.waiting.clone(),
            account: account.to_owned(),
            name: name.to_owned(),
            url: OnceCell::new(),
        }))
    }

    /// Receives up to `at_most` messages, at most [`BATCH`], which nobody else gets for `hidden`; of a group in its
    /// order, and no more of it meanwhile. None after `wait`, at most [`LONGEST_WAIT`].
    pub async fn receive(
        &self,
        at_most: i32,
        wait: Duration,
        hidden: Duration,
    ) -> Result<Vec<Message>, Fault> {
        let receive = self
            .waiting
            .receive_message()
            .queue_url(self.url().await?)
            .max_number_of_messages(at_most.clamp(1, BATCH))
            .wait_time_seconds(seconds(wait))
            .visibility_timeout(seconds(hidden))
            .message_system_attribute_names(System::ApproximateReceiveCount)
            .message_system_attribute_names(System::MessageGroupId)
            .message_attribute_names(REASON);
        let received = receive.send().await;
        let received = received.map_err(|e| Fault::of("ReceiveMessage", &e))?;
        let messages = received.messages.unwrap_or_default().into_iter();
        Ok(messages.filter_map(message).collect())
    }

    /// Takes messages off. What could not be taken off comes again.
    pub async fn delete(&self, messages: &[&Message]) -> Result<(), Fault> {
        let mut delete = self
            .client
            .delete_message_batch()
            .queue_url(self.url().await?);
        for (number, message) in messages.iter().enumerate() {
            let entry = DeleteMessageBatchRequestEntry::builder()
                .id(number.to_string())
                .receipt_handle(&message.receipt)
                .build();
            let entry = entry.map_err(|e| Fault::new(format!("DeleteMessageBatch: {e}"), false));
            delete = delete.entries(entry?);
        }
        let answer = delete.send().await;
        let answer = answer.map_err(|e| Fault::of("DeleteMessageBatch", &e))?;
        match answer.failed().first() {
            None => Ok(()),
            Some(first) => Err(Fault::new(
                format!("DeleteMessageBatch: an entry: {}", first.code()),
                !first.sender_fault(),
            )),
        }
    }

    /// Has a message received again after so long, and none of its group before.
    pub async fn hide(&self, message: &Message, hidden: Duration) -> Result<(), Fault> {
        let change = self
            .client
            .change_message_visibility()
            .queue_url(self.url().await?)
            .receipt_handle(&message.receipt)
            .visibility_timeout(seconds(hidden));
        let changed = change.send().await;
        changed
            .map(drop)
            .map_err(|e| Fault::of("ChangeMessageVisibility", &e))
    }

    /// Sends a message.
    pub async fn send(&self, message: NewMessage<'_>) -> Result<(), Fault> {
        let mut send = self
            .client
            .send_message()
            .queue_url(self.url().await?)
            .message_body(message.body)
            .message_group_id(message.group)
            .message_deduplication_id(message.once);
        if let Some(reason) = message.reason {
            let reason = MessageAttributeValue::builder()
                .data_type("String")
                .string_value(reason)
                .build()
                .map_err(|e| Fault::new(format!("SendMessage: {e}"), false))?;
            send = send.message_attributes(REASON, reason);
        }
        let sent = send.send().await;
        sent.map(drop).map_err(|e| Fault::of("SendMessage", &e))
    }
}

fn message(received: Received) -> Option<Message> {
    let system = received.attributes.unwrap_or_default();
    let text = |name| system.get(&name).cloned().unwrap_or_default();
    let mut own = received.message_attributes.unwrap_or_default();
    Some(Message {
        id: received.message_id?,
        body: received.body?,
        group: text(System::MessageGroupId),
        receives: text(System::ApproximateReceiveCount).parse().unwrap_or(1),
        reason: own.remove(REASON).and_then(|reason| reason.string_value),
        receipt: received.receipt_handle?,
    })
}

/// Whole seconds, rounded up.
fn seconds(time: Duration) -> i32 {
    let seconds = time.as_millis().div_ceil(1000);
    i32::try_from(seconds).unwrap_or(i32::MAX)
}
