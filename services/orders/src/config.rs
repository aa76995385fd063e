//! The settings of orders.

use std::sync::Arc;

use client::NeighbourConfig;
use kit::{
    events::{self, NoChannel, QueueArn, Source, TopicArn},
    program::ServiceConfig,
    redis::RedisUrl,
    store::StoreUrl,
    tls::Identity,
};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    departures::{GROUP, PRODUCER},
    store::apart::CartsName,
};

/// Settings of orders.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Where the data is: `sqlite:<path>` or `postgres://user:password@host:port/database`, with
    /// `?sslmode=disable`, `prefer`, `require` or `verify-full`, `sslrootcert=<PEM file>` and
    /// `pool=<connections>` where wanted. In place of a password: `password_file=<file>`, or `password_secret=<ARN>` for
    /// a program that was built with the feature `aws-secrets`.
    #[schema(value_type = String)]
    pub store: StoreUrl,
    /// Where carts are kept: `store`, with the orders, or `dynamodb:<table>` for a program that was built with the
    /// feature `dynamodb`.
    #[schema(value_type = String)]
    pub carts: CartsName,
    /// Who may invoke this service: one key, or two while they are rotated; 32 bytes at least.
    #[serde(
        serialize_with = "kit::config::secret",
        deserialize_with = "kit::config::list"
    )]
    #[schema(value_type = Vec<String>, default = "")]
    pub invoke_keys: Vec<SecretString>,
    /// How long a checkout waits for its outcome before it answers 202, in milliseconds,
    /// 0 to 60000.
    #[serde(deserialize_with = "kit::config::within::<0, 60_000, _, _>")]
    pub checkout_wait_ms: u64,
    /// Where the catalog is, when orders runs alone.
    pub catalog: NeighbourConfig,
    /// Where payments is, when orders runs alone.
    pub payments: NeighbourConfig,
    /// Where users is, when orders runs alone.
    pub users: NeighbourConfig,
    /// Where the events of orders go, and those of users come from: `redis://host:port/0`. Unset, nobody in
    /// another process hears of them, and nobody who has left is forgotten.
    #[schema(value_type = String)]
    pub redis: Option<RedisUrl>,
    /// The topic of SNS where the events of orders go, in place of the stream in Redis:
    /// `arn:aws:sns:<region>:<account>:<name>.fifo`, for a program that was built with the feature `aws-events`.
    #[schema(value_type = String)]
    pub topic: Option<TopicArn>,
    /// The queue of SQS that the events of users come from, in place of the stream in Redis:
    /// `arn:aws:sqs:<region>:<account>:<name>.fifo`, for such a program.
    #[schema(value_type = String)]
    pub queue: Option<QueueArn>,
    /// How orders shows itself to its neighbours.
    #[serde(skip)]
    pub identity: Option<Identity>,
}

impl ServiceConfig for Config {
    const NAME: &'static str = "orders";
    const PORT: u16 = 8083;

    fn introduce(&mut self, identity: Identity) {
        self.identity = Some(identity);
    }
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
            store: StoreUrl::Sqlite("data/orders.db".into()),
            carts: CartsName::Store,
            invoke_keys: Vec::new(),
            checkout_wait_ms: 4_000,
            catalog: NeighbourConfig::local(8082),
            payments: NeighbourConfig::local(8084),
            users: NeighbourConfig::local(8081),
            redis: None,
            topic: None,
            queue: None,
            identity: None,
        }
    }
}
