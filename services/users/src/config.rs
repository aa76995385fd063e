//! The settings of users.

use std::{net::SocketAddr, path::PathBuf};

use kit::{store::StoreUrl, telemetry::LogFormat, trace::Collector};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Settings of users.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Where the service listens.
    #[schema(value_type = String)]
    pub listen: SocketAddr,
    /// Where `/healthz`, `/readyz` and `/metrics` are served.
    #[schema(value_type = String)]
    pub admin_listen: SocketAddr,
    /// Where the data is: `sqlite:<path>` or `postgres://user:password@host:port/database`, with
    /// `?sslmode=disable`, `prefer`, `require` or `verify-full`, `sslrootcert=<PEM file>` and
    /// `pool=<connections>` where wanted.
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
    /// The Ed25519 key that signs access tokens: PKCS#8, base64.
    #[serde(serialize_with = "kit::config::secret")]
    #[schema(value_type = String, default = "")]
    pub signing_key: SecretString,
    /// The `iss` of access tokens.
    pub issuer: String,
    /// The `aud` and `client_id` of access tokens.
    pub audience: String,
    /// A file with the accounts to try the shop with, which are made at the start.
    #[schema(value_type = String)]
    pub demo_accounts: Option<PathBuf>,
    /// What is logged: off, error, warn, info, debug, trace or a tracing filter.
    pub log_level: String,
    /// How log lines look: pretty or json.
    pub log_format: LogFormat,
    /// Where spans go by OTLP over HTTP, e.g. `http://collector:4318`; empty for nowhere.
    #[schema(value_type = String)]
    pub otlp: Collector,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: ([127, 0, 0, 1], 8081).into(),
            admin_listen: ([127, 0, 0, 1], 9081).into(),
            store: StoreUrl::Sqlite("data/users.db".into()),
            invoke_keys: Vec::new(),
            signing_key: SecretString::default(),
            issuer: "http://localhost:8080".into(),
            audience: "terrace-web".into(),
            demo_accounts: None,
            log_level: "info".into(),
            log_format: LogFormat::Pretty,
            otlp: Collector::default(),
        }
    }
}
