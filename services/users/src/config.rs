//! The settings of users.

use std::path::PathBuf;

use kit::{program::ServiceConfig, redis::RedisUrl, store::StoreUrl};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::directory::{CognitoConfig, DirectoryName};

/// Settings of users.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Where the data is: `sqlite:<path>` or `postgres://user:password@host:port/database`, with
    /// `?sslmode=disable`, `prefer`, `require` or `verify-full`, `sslrootcert=<PEM file>` and
    /// `pool=<connections>` where wanted.
    #[schema(value_type = String)]
    pub store: StoreUrl,
    /// Where people are kept: `own`, or `cognito:<region>/<pool>/<client>` for a program that was built with the
    /// feature `cognito`.
    #[schema(value_type = String)]
    pub directory: DirectoryName,
    /// What is particular to Cognito.
    pub cognito: CognitoConfig,
    /// Who may invoke this service: one key, or two while they are rotated; 32 bytes at least.
    /// In a variable with commas between.
    #[serde(
        serialize_with = "kit::config::secret",
        deserialize_with = "kit::config::list"
    )]
    #[schema(value_type = Vec<String>, default = "")]
    pub invoke_keys: Vec<SecretString>,
    /// The Ed25519 key that signs access tokens: PKCS#8, base64.
    #[serde(serialize_with = "kit::config::secret")]
    #[schema(value_type = String, default = "")]
    pub signing_key: SecretString,
    /// The keys that seal letters for `notices`, which has the same ones: at least 32 bytes each, one or
    /// two while they are rotated; the first seals. In a variable with commas between.
    #[serde(
        serialize_with = "kit::config::secret",
        deserialize_with = "kit::config::list"
    )]
    #[schema(value_type = Vec<String>, default = "")]
    pub letter_keys: Vec<SecretString>,
    /// Where the events of users go: `redis://host:port/0`. Unset, nobody in another process hears of
    /// them, and no letter is sent.
    #[schema(value_type = String)]
    pub redis: Option<RedisUrl>,
    /// The `iss` of access tokens.
    pub issuer: String,
    /// The `aud` and `client_id` of access tokens.
    pub audience: String,
    /// A file with the accounts to try the shop with, which are made at the start.
    #[schema(value_type = String)]
    pub demo_accounts: Option<PathBuf>,
}

impl ServiceConfig for Config {
    const NAME: &'static str = "users";
    const PORT: u16 = 8081;
}

impl Default for Config {
    fn default() -> Self {
        Self {
            store: StoreUrl::Sqlite("data/users.db".into()),
            directory: DirectoryName::Own,
            cognito: CognitoConfig::default(),
            invoke_keys: Vec::new(),
            signing_key: SecretString::default(),
            letter_keys: Vec::new(),
            redis: None,
            issuer: "http://localhost:8080".into(),
            audience: "terrace-web".into(),
            demo_accounts: None,
        }
    }
}
