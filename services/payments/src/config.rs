//! The settings of payments.

use std::net::SocketAddr;

use kit::{store::StoreUrl, telemetry::LogFormat, trace::Collector};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Settings of payments.
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
    #[serde(
        serialize_with = "kit::config::secret",
        deserialize_with = "kit::config::list"
    )]
    #[schema(value_type = Vec<String>, default = "")]
    pub invoke_keys: Vec<SecretString>,
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
            listen: ([127, 0, 0, 1], 8084).into(),
            admin_listen: ([127, 0, 0, 1], 9084).into(),
            store: StoreUrl::Sqlite("data/payments.db".into()),
            invoke_keys: Vec::new(),
            log_level: "info".into(),
            log_format: LogFormat::Pretty,
            otlp: Collector::default(),
        }
    }
}
