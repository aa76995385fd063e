//! The settings of orders.

use std::time::Duration;

use client::{BadAddresses, Neighbour, Upstream};
use kit::{
    identity::Minter, program::ServiceConfig, redis::RedisUrl, store::StoreUrl, tls::Identity,
};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How long orders waits for a neighbour.
const NEIGHBOUR_TIMEOUT: Duration = Duration::from_secs(2);

/// Settings of orders.
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
    /// How long a checkout waits for its outcome before it answers 202, in milliseconds,
    /// 0 to 60000.
    #[serde(deserialize_with = "kit::config::within::<0, 60_000, _, _>")]
    pub checkout_wait_ms: u64,
    /// Where the catalog is, when orders runs alone.
    pub catalog: NeighbourConfig,
    /// Where payments is, when orders runs alone.
    pub payments: NeighbourConfig,
    /// Where users is, when orders runs alone.
    pub users: NeighbourConfig,
    /// Where the events of orders go: `redis://host:port/0`. Unset, nobody in another process hears
    /// of them.
    #[schema(value_type = String)]
    pub redis: Option<RedisUrl>,
    /// How orders shows itself to its neighbours.
    #[serde(skip)]
    pub identity: Option<Identity>,
}

/// Another service, over HTTP.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct NeighbourConfig {
    /// Its address, e.g. `http://catalog:8082`; its replicas' with commas between. `https` for mutual TLS.
    pub url: String,
    /// Its invoke key.
    #[serde(serialize_with = "kit::config::secret")]
    #[schema(value_type = String, default = "")]
    pub invoke_key: SecretString,
}

impl NeighbourConfig {
    /// The service of this name, called within 2 seconds.
    pub fn neighbour(&self, name: &str, identity: Option<&Identity>) -> Result<Neighbour, String> {
        let addresses = self.url.parse();
        let addresses = addresses.map_err(|fault: BadAddresses| format!("{name}.url {fault}"))?;
        let minter = Minter::new(name, &self.invoke_key);
        let minter = minter.map_err(|fault| format!("{name}.invoke_key: {fault}"))?;
        let upstream = Upstream::reach(name, addresses, identity);
        let upstream = upstream.map_err(|fault| format!("{name}.url: {fault}"))?;
        Ok(Neighbour::new(
            upstream,
            minter,
            "orders",
            NEIGHBOUR_TIMEOUT,
        ))
    }
}

impl ServiceConfig for Config {
    const NAME: &'static str = "orders";
    const PORT: u16 = 8083;

    fn introduce(&mut self, identity: Identity) {
        self.identity = Some(identity);
    }
}

impl Default for Config {
    fn default() -> Self {
        let local = |port: u16| NeighbourConfig {
            url: format!("http://127.0.0.1:{port}"),
            ..NeighbourConfig::default()
        };
        Self {
            store: StoreUrl::Sqlite("data/orders.db".into()),
            invoke_keys: Vec::new(),
            checkout_wait_ms: 4_000,
            catalog: local(8082),
            payments: local(8084),
            users: local(8081),
            redis: None,
            identity: None,
        }
    }
}
