//! The settings of catalog.

use std::{path::PathBuf, sync::Arc};

use kit::{
    config::Switch,
    events::{self, NoChannel, QueueArn, Source},
    program::ServiceConfig,
    redis::RedisUrl,
    store::StoreUrl,
};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    images::ImagesUrl,
    popularity::{GROUP, PRODUCER},
    search::SearchName,
};

/// Settings of catalog.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Where the data is: `sqlite:<path>` or `postgres://user:password@host:port/database`, with
    /// `?sslmode=disable`, `prefer`, `require` or `verify-full`, `sslrootcert=<PEM file>` and
    /// `pool=<connections>` where wanted. In place of a password: `password_file=<file>`, or `password_secret=<ARN>` for
    /// a program that was built with the feature `aws-secrets`.
    #[schema(value_type = String)]
    pub store: StoreUrl,
    /// Who finds products by words: `store`; or `opensearch:http://<host>:<port>/<index>`, which the store stands in for,
    /// and `opensearch+aws:https://<host>/<index>` with signed requests for the managed service of AWS, in a program
    /// that was built with the feature `opensearch`.
    #[schema(value_type = String)]
    pub search: SearchName,
    /// How long OpenSearch may take before the store answers, in milliseconds, 10 to 10000.
    #[serde(deserialize_with = "kit::config::within::<10, 10_000, _, _>")]
    #[schema(minimum = 10, maximum = 10_000)]
    pub search_wait_ms: u64,
    /// Who may invoke this service: one key, or two while they are rotated; 32 bytes at least.
    #[serde(
        serialize_with = "kit::config::secret",
        deserialize_with = "kit::config::list"
    )]
    #[schema(value_type = Vec<String>, default = "")]
    pub invoke_keys: Vec<SecretString>,
    /// Where the products' pictures are: a folder's path, or `s3://<bucket>/<prefix>?region=<region>` for a program
    /// that was built with the feature `s3`, with `endpoint=<URL>` for another server than Amazon's and
    /// `public=<URL>` where browsers reach that by another address. Credentials come from `AWS_…`.
    #[schema(value_type = String)]
    pub images: ImagesUrl,
    /// Where kept answers are shared and events of orders come from: `redis://host:port/0`. Unset,
    /// each process keeps its own answers, and hears of what sells only in the whole shop's process.
    #[schema(value_type = String)]
    pub redis: Option<RedisUrl>,
    /// The queue of SQS that the events of orders come from, in place of the stream in Redis:
    /// `arn:aws:sqs:<region>:<account>:<name>.fifo`, for a program that was built with the feature `aws-events`.
    #[schema(value_type = String)]
    pub queue: Option<QueueArn>,
    /// The queue of SQS where the bucket of pictures tells of what browsers have sent: `arn:aws:sqs:<region>:<account>:<name>`.
    /// Without it a picture is made when its browser says that it has sent it.
    #[schema(value_type = String)]
    pub uploads: Option<QueueArn>,
    /// `on`, or `off` for a catalog that is not filled with the shop's assortment while it is empty.
    pub seed: Switch,
    /// The folder of the assortment: `categories.json`, `products.json` and `images/`; empty for the one
    /// that the program brings along.
    #[schema(value_type = String)]
    pub assortment: PathBuf,
}

impl ServiceConfig for Config {
    const NAME: &'static str = "catalog";
    const PORT: u16 = 8082;
}

impl Config {
    /// Where the events of orders come from.
    pub async fn source(&self) -> Result<Option<Arc<dyn Source>>, NoChannel> {
        let (redis, queue) = (self.redis.as_ref(), self.queue.as_ref());
        events::source(redis, queue, PRODUCER, GROUP).await
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            store: StoreUrl::Sqlite("data/catalog.db".into()),
            search: SearchName::Store,
            search_wait_ms: 500,
            invoke_keys: Vec::new(),
            images: ImagesUrl::Folder("data/images".into()),
            redis: None,
            queue: None,
            uploads: None,
            seed: Switch::On,
            assortment: PathBuf::new(),
        }
    }
}
