//! The settings of catalog.

use std::{net::SocketAddr, path::PathBuf};

use kit::{
    config::Switch, redis::RedisUrl, store::StoreUrl, telemetry::LogFormat, trace::Collector,
};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Settings of catalog.
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
    /// The folder of the products' pictures.
    #[schema(value_type = String)]
    pub images: PathBuf,
    /// Where kept answers are shared and events of orders come from: `redis://host:port/0`. Unset,
    /// each process keeps its own answers, and hears of what sells only in the whole shop's process.
    #[schema(value_type = String)]
    pub redis: Option<RedisUrl>,
    /// `on`, or `off` for a catalog that is not filled with the shop's assortment while it is empty.
    pub seed: Switch,
    /// The folder of the assortment: `categories.json`, `products.json` and `images/`; empty for the one
    /// that the program brings along.
    #[schema(value_type = String)]
    pub assortment: PathBuf,
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
            listen: ([127, 0, 0, 1], 8082).into(),
            admin_listen: ([127, 0, 0, 1], 9082).into(),
            store: StoreUrl::Sqlite("data/catalog.db".into()),
            invoke_keys: Vec::new(),
            images: "data/images".into(),
            redis: None,
            seed: Switch::On,
            assortment: PathBuf::new(),
            log_level: "info".into(),
            log_format: LogFormat::Pretty,
            otlp: Collector::default(),
        }
    }
}
