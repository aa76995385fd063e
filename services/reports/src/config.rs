//! The settings of reports.

use kit::{program::ServiceConfig, redis::RedisUrl, store::StoreUrl};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

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
            invoke_keys: Vec::new(),
            pseudonym_key: SecretString::default(),
            redis: None,
        }
    }
}
