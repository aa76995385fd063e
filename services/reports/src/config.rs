//! The settings of reports.

use kit::{
    bucket::BucketUrl, events::StreamArn, program::ServiceConfig, redis::RedisUrl, store::StoreUrl,
};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{clicks::ClicksUrl, store::redshift::WarehouseUrl};

/// Settings of reports.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Where the data is: `sqlite:<path>` or `postgres://user:password@host:port/database`, with
    /// `?sslmode=disable`, `prefer`, `require` or `verify-full`, `sslrootcert=<PEM file>` and
    /// `pool=<connections>` where wanted. In place of a password: `password_file=<file>`, or `password_secret=<ARN>` for
    /// a program that was built with the feature `aws-secrets`.
    #[schema(value_type = String)]
    pub store: StoreUrl,
    /// Whom queries of the staff run as in PostgreSQL: a URL as the store's, with the role that `reader.psql` makes.
    /// Unset, they are refused there. SQLite needs none.
    #[schema(value_type = String)]
    pub reader: Option<StoreUrl>,
    /// Where the star is in place of the store, which keeps the log of queries: a database of Redshift,
    /// `redshift://user:password@host:5439/database`, with the parameters of a store in PostgreSQL but for `options`.
    #[schema(value_type = String)]
    pub warehouse: Option<WarehouseUrl>,
    /// Whom queries of the staff run as in the warehouse: its URL, with the user `reports_reader`. Unset, they are refused
    /// there.
    #[schema(value_type = String)]
    pub warehouse_reader: Option<WarehouseUrl>,
    /// The bucket from which the warehouse takes what is sold, `s3://<bucket>/<prefix>`, for a program that was built
    /// with the feature `s3`; region and credentials come from `AWS_…`. Only beside a warehouse, which needs it.
    #[schema(value_type = String)]
    pub facts: Option<BucketUrl>,
    /// Who may invoke this service: one key, or two while they are rotated; 32 bytes at least.
    /// In a variable with commas between.
    #[serde(
        serialize_with = "kit::config::secret",
        deserialize_with = "kit::config::list"
    )]
    #[schema(value_type = Vec<String>, default = "")]
    pub invoke_keys: Vec<SecretString>,
    /// The key that makes pseudonyms of accounts, 32 bytes at least. With another one every customer is a new one.
    #[serde(serialize_with = "kit::config::secret")]
    #[schema(value_type = String, default = "")]
    pub pseudonym_key: SecretString,
    /// Where the events of orders and users come from: `redis://host:port/0`. Unset, none come from another
    /// process.
    #[schema(value_type = String)]
    pub redis: Option<RedisUrl>,
    /// Where clicks of the storefront are kept, as files by day: a folder's path, or `s3://<bucket>/<prefix>` for a
    /// program that was built with the feature `s3`; region and credentials come from `AWS_…`. Unset, none are kept.
    #[schema(value_type = String)]
    pub clicks: Option<ClicksUrl>,
    /// How many days a folder keeps them, 1 to 3650. A bucket has rules of its own.
    #[serde(deserialize_with = "kit::config::within::<1, 3650, _, _>")]
    #[schema(minimum = 1, maximum = 3650)]
    pub clicks_days: u16,
    /// The stream of Kinesis where clicks go first: `arn:aws:kinesis:<region>:<account>:stream/<name>`, for a program
    /// that was built with the feature `kinesis`. It calls a function of this service, which writes the files.
    #[schema(value_type = String)]
    pub clicks_stream: Option<StreamArn>,
}

impl ServiceConfig for Config {
    const NAME: &'static str = "reports";
    const PORT: u16 = 8086;
}

impl Default for Config {
    fn default() -> Self {
        Self {
            store: StoreUrl::Sqlite("data/reports.db".into()),
            reader: None,
            warehouse: None,
            warehouse_reader: None,
            facts: None,
            invoke_keys: Vec::new(),
            pseudonym_key: SecretString::default(),
            redis: None,
            clicks: None,
            clicks_days: 90,
            clicks_stream: None,
        }
    }
}
