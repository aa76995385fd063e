//! The settings of notices.

use std::sync::Arc;

use kit::{
    events::{self, NoChannel, QueueArn, Source},
    program::ServiceConfig,
    redis::RedisUrl,
    store::StoreUrl,
};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    MailUrl,
    inbox::{GROUP, PRODUCER},
};

/// Settings of notices.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Where the data is: `sqlite:<path>` or `postgres://user:password@host:port/database`, with
    /// `?sslmode=disable`, `prefer`, `require` or `verify-full`, `sslrootcert=<PEM file>` and
    /// `pool=<connections>` where wanted. In place of a password: `password_file=<file>`, or `password_secret=<ARN>` for
    /// a program that was built with the feature `aws-secrets`.
    #[schema(value_type = String)]
    pub store: StoreUrl,
    /// Who may invoke this service: one key, or two while they are rotated; 32 bytes at least.
    /// In a variable with commas between.
    #[serde(
        serialize_with = "kit::config::secret",
        deserialize_with = "kit::config::list"
    )]
    #[schema(value_type = Vec<String>, default = "")]
    pub invoke_keys: Vec<SecretString>,
    /// The keys that open letters, the same as those of users: at least 32 bytes each, one or two while
    /// they are rotated. In a variable with commas between.
    #[serde(
        serialize_with = "kit::config::secret",
        deserialize_with = "kit::config::list"
    )]
    #[schema(value_type = Vec<String>, default = "")]
    pub letter_keys: Vec<SecretString>,
    /// Where the events of users come from: `redis://host:port/0`. Unset, none come from another process.
    #[schema(value_type = String)]
    pub redis: Option<RedisUrl>,
    /// The queue of SQS that they come from, in place of the stream in Redis:
    /// `arn:aws:sqs:<region>:<account>:<name>.fifo`, for a program that was built with the feature `aws-events`.
    #[schema(value_type = String)]
    pub queue: Option<QueueArn>,
    /// Where letters go: `file:<folder>`, which gets a file a letter; or a mail server:
    /// `smtp://user:password@host:587`, which has to offer STARTTLS, or `smtps://user:password@host:465`, with
    /// `?root=<PEM file>` for an authority of its own. `smtp://host:25?tls=off` is for a server on this machine.
    #[schema(value_type = String)]
    pub mail: MailUrl,
    /// Whom letters are from: an address that the mail server lets us write from.
    pub from: String,
    /// The web pages' address, which all links in letters begin with.
    pub site: String,
}

impl ServiceConfig for Config {
    const NAME: &'static str = "notices";
    const PORT: u16 = 8085;
}

impl Config {
    /// Where the events of users come from.
    pub async fn source(&self) -> Result<Option<Arc<dyn Source>>, NoChannel> {
        let (redis, queue) = (self.redis.as_ref(), self.queue.as_ref());
        events::source(redis, queue, PRODUCER, GROUP).await
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            store: StoreUrl::Sqlite("data/notices.db".into()),
            invoke_keys: Vec::new(),
            letter_keys: Vec::new(),
            redis: None,
            queue: None,
            mail: MailUrl::Folder("data/outbox".into()),
            from: "Terrace <shop@terrace.example>".into(),
            site: "http://localhost:3000".into(),
        }
    }
}
