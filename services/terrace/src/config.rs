//! The settings of the whole shop, and its command line.

use std::{collections::BTreeMap, path::PathBuf};

use clap::{Parser, Subcommand};
use kit::{telemetry::LogFormat, trace::Collector};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Begins every variable of the environment.
pub const PREFIX: &str = "TERRACE_";

/// The command line. A flag goes over a variable, a variable over the file, the file over the
/// default.
#[derive(Debug, Default, Parser)]
#[command(
    name = "terrace",
    about = "The whole Terrace shop in one process",
    version
)]
pub struct Arguments {
    /// What to do instead of opening the shop.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// A TOML file with settings.
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// The data directory.
    #[arg(long, global = true, value_name = "FOLDER")]
    pub data: Option<PathBuf>,
    /// The port of the API.
    #[arg(long, global = true, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..))]
    pub edge_port: Option<u16>,
    /// The port of the web pages.
    #[arg(long, global = true, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..))]
    pub site_port: Option<u16>,
    /// The port of health and metrics.
    #[arg(long, global = true, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..))]
    pub admin_port: Option<u16>,
    /// Serves the API and the web pages by https, with a certificate authority of this machine's own:
    /// `cargo xtask trust` tells how to trust it.
    #[arg(long, global = true)]
    pub tls: bool,
    /// What is logged: off, error, warn, info, debug, trace.
    #[arg(long, global = true, value_name = "LEVEL")]
    pub log_level: Option<String>,
}

/// What helps a shop with a process a service.
#[derive(Clone, Debug, Subcommand)]
pub enum Command {
    /// Makes the secrets of such a shop, a folder a service; those that are there are kept.
    Secrets {
        /// The folder.
        #[arg(long, value_name = "FOLDER")]
        into: PathBuf,
    },
    /// Makes the certificates by which the services of such a shop know each other, and renews them
    /// when a third of their life is left, for ever. They are in the same folders; the authority, made
    /// at the first time, is in `authority`.
    Certificates {
        /// The folder.
        #[arg(long, value_name = "FOLDER")]
        into: PathBuf,
        /// How long a certificate is good, in seconds, 30 to 86400.
        #[arg(long, value_name = "SECONDS", default_value_t = 86_400, value_parser = clap::value_parser!(u64).range(30..=86_400))]
        life_s: u64,
        /// Makes them, and ends.
        #[arg(long)]
        once: bool,
    },
    /// Waits until such a shop is ready, and says where it is.
    Welcome {
        /// The admin addresses of its services, with commas between: http://edge:9080,...
        #[arg(long, value_name = "URLS", value_delimiter = ',')]
        wait_for: Vec<String>,
        /// What to say of the demo accounts: a file, or a command that prints them.
        #[arg(long, value_name = "TEXT")]
        accounts: String,
        /// Where letters are written, when somebody writes them: a folder, or a volume.
        #[arg(long, value_name = "TEXT")]
        letters: Option<String>,
    },
    /// Looks after the accounts of the shop in the data directory, which may be open meanwhile.
    #[command(subcommand)]
    People(users::staff::People),
    /// Builds the web pages where they are missing or older than their sources.
    Storefront,
}

/// Settings of the whole shop.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The file that they were read from.
    #[serde(skip)]
    pub file: Option<PathBuf>,
    /// The card network that payments asks; tests bring their own.
    #[serde(skip)]
    pub payments: payments::network::Network,
    /// Where all data is kept; made when missing.
    #[schema(value_type = String)]
    pub data: PathBuf,
    /// The folder of the assortment that the first start brings in; empty for the one of the catalog's `seed`.
    #[schema(value_type = String)]
    pub assortment: PathBuf,
    /// `on` to serve the API and the web pages by https, with a certificate authority of this
    /// machine's own.
    pub tls: edge::Switch,
    /// The API.
    pub edge: EdgeConfig,
    /// The web pages.
    pub site: SiteConfig,
    /// Other providers of OpenID Connect that people may sign in by, by name, each with `issuer`, `client_id`,
    /// `client_secret`, `label`, `scopes`, `root`: `[providers.example]` in a file.
    pub providers: BTreeMap<String, users::ProviderConfig>,
    /// Health and metrics.
    pub admin: AdminConfig,
    /// Letters.
    pub mail: crate::mail::MailConfig,
    /// The log, on standard error.
    pub log: LogConfig,
    /// Where spans go by OTLP over HTTP, e.g. `http://collector:4318`; empty for nowhere.
    #[schema(value_type = String)]
    pub otlp: Collector,
    /// The part of the traces which begin here that is kept, 0 to 1; a client may bring its own.
    #[serde(deserialize_with = "kit::config::ratio")]
    pub otlp_ratio: f64,
}

/// Settings of the API.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct EdgeConfig {
    /// The port of the API on this machine.
    #[serde(deserialize_with = "kit::config::within::<1, 65_535, _, _>")]
    pub port: u16,
    /// `on`, or `off` for load tests: no client is told to slow down.
    pub throttle: edge::Switch,
    /// `on`, or `off`: what the documents say of requests is left to the services.
    pub validate: edge::Switch,
    /// Documents of services that do not exist yet, `<service>.json`: their operations are answered from
    /// the examples in them. In a variable with commas between.
    #[serde(deserialize_with = "kit::config::list")]
    pub mocks: Vec<String>,
    /// How many bytes of answers are kept, of operations whose documents ask for it; 0 for none.
    pub cache_bytes: u64,
    /// Plans by name, each with `groups`, `rate_per_s`, `burst`, `per_day`: `[edge.plans.partners]` in a file.
    pub plans: BTreeMap<String, edge::PlanConfig>,
    /// The folder of `roles.json` and the policies, which say who may call what; empty for those that the
    /// program brings along.
    #[schema(value_type = String)]
    pub policies: PathBuf,
    /// The folder of clients to download, as `target/sdk` once `cargo xtask sdk` has packed them; empty for none.
    #[schema(value_type = String)]
    pub sdks: PathBuf,
}

/// Settings of the web pages.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SiteConfig {
    /// The port of the web pages on this machine.
    #[serde(deserialize_with = "kit::config::within::<1, 65_535, _, _>")]
    pub port: u16,
    /// The folder of the built storefront; empty for the one of this source tree.
    #[schema(value_type = String)]
    pub root: PathBuf,
}

/// Settings of health and metrics.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AdminConfig {
    /// The port of `/healthz`, `/readyz` and `/metrics` on this machine.
    #[serde(deserialize_with = "kit::config::within::<1, 65_535, _, _>")]
    pub port: u16,
}

/// Settings of the log.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LogConfig {
    /// off, error, warn, info, debug, trace, or a tracing filter.
    pub level: String,
    /// pretty or json.
    pub format: LogFormat,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            file: None,
            payments: payments::network::Network::default(),
            data: "data".into(),
            assortment: PathBuf::new(),
            tls: edge::Switch::Off,
            edge: EdgeConfig::default(),
            site: SiteConfig::default(),
            providers: BTreeMap::new(),
            admin: AdminConfig::default(),
            mail: crate::mail::MailConfig::default(),
            log: LogConfig::default(),
            otlp: Collector::default(),
            otlp_ratio: 1.0,
        }
    }
}

impl Default for EdgeConfig {
    fn default() -> Self {
        Self {
            port: 8080,
            throttle: edge::Switch::On,
            validate: edge::Switch::On,
            mocks: Vec::new(),
            cache_bytes: edge::Config::default().cache_bytes,
            plans: BTreeMap::new(),
            policies: PathBuf::new(),
            sdks: PathBuf::new(),
        }
    }
}

impl Default for SiteConfig {
    fn default() -> Self {
        Self {
            port: 3000,
            root: PathBuf::new(),
        }
    }
}

impl Default for AdminConfig {
    fn default() -> Self {
        Self { port: 9080 }
    }
}

impl Default for LogConfig {
    fn default() -> Self {
        Self {
            level: "warn".into(),
            format: LogFormat::Pretty,
        }
    }
}

impl EdgeConfig {
    /// The settings of the edge, of which these are some.
    pub fn settings(&self, others: &edge::Config) -> edge::Config {
        edge::Config {
            throttle: self.throttle,
            validate: self.validate,
            mocks: self.mocks.clone(),
            cache_bytes: self.cache_bytes,
            plans: self.plans.clone(),
            policies: self.policies.clone(),
            sdks: self.sdks.clone(),
            ..others.clone()
        }
    }
}

impl Config {
    /// Reads the settings: flags over the environment over the file over the defaults.
    pub fn load(arguments: &Arguments) -> Result<Self, kit::config::ConfigError> {
        let mut config: Self = kit::config::load(PREFIX, arguments.config.as_deref())?;
        config.file = arguments.config.clone();
        config.data = arguments.data.clone().unwrap_or(config.data);
        config.edge.port = arguments.edge_port.unwrap_or(config.edge.port);
        config.site.port = arguments.site_port.unwrap_or(config.site.port);
        config.admin.port = arguments.admin_port.unwrap_or(config.admin.port);
        config.log.level = arguments.log_level.clone().unwrap_or(config.log.level);
        if arguments.tls {
            config.tls = edge::Switch::On;
        }
        Ok(config)
    }

    /// What the addresses of the API and of the web pages begin with.
    pub fn scheme(&self) -> &'static str {
        match self.tls {
            edge::Switch::On => "https",
            edge::Switch::Off => "http",
        }
    }
}
