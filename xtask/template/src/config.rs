//! The settings of nursery.

use kit::{program::ServiceConfig, store::StoreUrl};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Settings of nursery.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Where the data is: `sqlite:<path>` or `postgres://user:password@host:port/database`, with
    /// `?sslmode=disable`, `prefer`, `require` or `verify-full`, `sslrootcert=<PEM file>` and
    /// `pool=<connections>` where wanted.
    #[schema(value_type = String)]
    pub store: StoreUrl,
    /// Who may invoke this service: one key, or two while they are rotated; 32 bytes at least.
    #[serde(
        serialize_with = "kit::config::secret",
        deserialize_with = "kit::config::list"
    )]
    #[schema(value_type = Vec<String>, default = "")]
    pub invoke_keys: Vec<SecretString>,
}

impl ServiceConfig for Config {
    const NAME: &'static str = "nursery";
    const PORT: u16 = 8099;
}

impl Default for Config {
    fn default() -> Self {
        Self {
            store: StoreUrl::Sqlite("data/nursery.db".into()),
            invoke_keys: Vec::new(),
        }
    }
}
