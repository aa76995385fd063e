//! What a service's settings say of another service that it calls.

use std::time::Duration;

use kit::{identity::Minter, tls::Identity};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{BadAddresses, Neighbour, Upstream};

/// How long a service waits for a neighbour.
const TIMEOUT: Duration = Duration::from_secs(2);

/// Another service, over HTTP.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct NeighbourConfig {
    /// Its address, e.g. `http://catalog:8082`; its replicas' with commas between. `https` for mutual TLS.
    /// Or a function: `lambda:<region>/<name>`, with `:<alias>` where it has one.
    pub url: String,
    /// Its invoke key.
    #[serde(serialize_with = "kit::config::secret")]
    #[schema(value_type = String, default = "")]
    pub invoke_key: SecretString,
}

impl NeighbourConfig {
    /// On this machine, at this port.
    pub fn local(port: u16) -> Self {
        Self {
            url: format!("http://127.0.0.1:{port}"),
            ..Self::default()
        }
    }

    /// The service of this name, called within 2 seconds in the name of `own_name`.
    pub fn neighbour(
        &self,
        name: &str,
        own_name: &str,
        identity: Option<&Identity>,
    ) -> Result<Neighbour, String> {
        let minter = Minter::new(name, &self.invoke_key);
        let minter = minter.map_err(|fault| format!("{name}.invoke_key: {fault}"))?;
        let upstream = match self.url.starts_with("lambda:") {
            true => Upstream::function(&self.url),
            false => {
                let addresses = self.url.parse();
                let addresses =
                    addresses.map_err(|fault: BadAddresses| format!("{name}.url {fault}"))?;
                Upstream::reach(name, addresses, identity)
            }
        };
        let upstream = upstream.map_err(|fault| format!("{name}.url: {fault}"))?;
        Ok(Neighbour::new(upstream, minter, own_name, TIMEOUT))
    }
}
