//! The settings of the site.

use std::{net::SocketAddr, path::PathBuf};

use kit::{telemetry::LogFormat, trace::Collector};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Settings of the site.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Where the site listens.
    #[schema(value_type = String)]
    pub listen: SocketAddr,
    /// Where `/healthz`, `/readyz` and `/metrics` are served.
    #[schema(value_type = String)]
    pub admin_listen: SocketAddr,
    /// The folder with the built storefront; it may appear and be replaced while the site runs.
    #[schema(value_type = String)]
    pub root: PathBuf,
    /// The file that answers for a folder.
    pub index_document: String,
    /// The file that is answered, with status 404, where there is no other.
    pub error_document: String,
    /// The file that answers, with status 200, for paths without a file extension: the
    /// storefront finds its way from there. Empty for none.
    pub fallback_document: String,
    /// The API's port on the host by which the visitor reached the site, while `api_url` is unset.
    pub edge_port: u16,
    /// The API's origin, e.g. `https://api.example.com`, where it is not beside the site.
    pub api_url: Option<String>,
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
            listen: ([127, 0, 0, 1], 3000).into(),
            admin_listen: ([127, 0, 0, 1], 4000).into(),
            root: "web/build".into(),
            index_document: "index.html".into(),
            error_document: "404.html".into(),
            fallback_document: "200.html".into(),
            edge_port: 8080,
            api_url: None,
            log_level: "info".into(),
            log_format: LogFormat::Pretty,
            otlp: Collector::default(),
        }
    }
}
