//! The edge's settings.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use aws_lc_rs::digest;
use client::{BadAddresses, Upstream};
use kit::{
    config::Switch, identity::Minter, program::ServiceConfig, redis::RedisUrl, serve, tls::Identity,
};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{Service, issuer::IssuerConfig, plan::PlanConfig, stage::StageConfig};

/// Settings of the edge.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The site's origins, which browsers may call from, with credentials. In a variable with
    /// commas between.
    #[serde(deserialize_with = "kit::config::list")]
    pub origins: Vec<String>,
    /// Who issues access tokens: the exact `iss`.
    pub issuer: String,
    /// For whom access tokens are issued: the exact `aud` or `client_id`.
    pub audience: String,
    /// The service that publishes the issuer's keys at `/.well-known/jwks.json`.
    pub issuer_service: String,
    /// Others who issue access tokens, by name: each with `issuer`, `keys`, `root`, `audience`, `client_id`, `token_use`,
    /// `typ`, `groups_claim`, `groups`, `everybody`, `life_s`, `algorithms`.
    pub issuers: BTreeMap<String, IssuerConfig>,
    /// `on`, or `off` for load tests: no client is told to slow down.
    pub throttle: Switch,
    /// `on`, or `off`: what the documents say of requests is left to the services.
    pub validate: Switch,
    /// Requests a second that one client may make, over time; 1 to 1000000.
    #[serde(deserialize_with = "kit::config::within::<1, 1_000_000, _, _>")]
    pub client_rate_per_s: u32,
    /// Requests that one client may make at once, 1 to 1000000.
    #[serde(deserialize_with = "kit::config::within::<1, 1_000_000, _, _>")]
    pub client_burst: u32,
    /// Plans by name: what members of groups may do in a second and in a day, in place of what every
    /// client may. Each with `groups`, `rate_per_s`, `burst`, `per_day`, `without_redis`.
    pub plans: BTreeMap<String, PlanConfig>,
    /// How many proxies of one's own stand in front of the edge. Each adds the address that it saw to
    /// `X-Forwarded-For`: the client's is the one that the outermost of them saw. With 0 nothing
    /// that a client says of its address is believed.
    pub proxies: u8,
    /// Where the limits of all replicas are counted together, and services say what they have changed:
    /// `redis://host:port/0`. Unset, each process counts for itself, and keeps no answers that change.
    #[schema(value_type = String)]
    pub redis: Option<RedisUrl>,
    /// Seal the session tokens of temporary credentials, at least 32 bytes each: the first seals, all open. Every
    /// replica has the same ones. Without any there are no temporary credentials. In a variable with commas between.
    #[serde(
        serialize_with = "kit::config::secret",
        deserialize_with = "kit::config::list"
    )]
    #[schema(value_type = Vec<String>, default = "")]
    pub session_keys: Vec<SecretString>,
    /// How many connections one address may have open; more are closed at once. 0 for no limit, behind a
    /// proxy that all clients come by.
    pub client_connections: usize,
    /// Requests that wait for their answer's head, of all clients; more are refused early with 503.
    /// Bodies and streams on their way out do not count. 1 to 1000000.
    #[serde(deserialize_with = "kit::config::within::<1, 1_000_000, _, _>")]
    pub in_flight: usize,
    /// How long requests may wait for a service that is busy, in milliseconds, before fewer are sent to it, 0 to
    /// 60000.
    #[serde(deserialize_with = "kit::config::within::<0, 60_000, _, _>")]
    pub queue_ms: u64,
    /// The same of one user, and four times as many of one address; more are refused with 429. 1 to 1000000.
    #[serde(deserialize_with = "kit::config::within::<1, 1_000_000, _, _>")]
    pub client_in_flight: usize,
    /// The largest request body where the document names none, in bytes, 0 to 1073741824.
    #[serde(deserialize_with = "kit::config::within::<0, 1_073_741_824, _, _>")]
    pub body_limit: usize,
    /// How many bytes of answers are kept, of operations whose documents ask for it; 0 for none.
    pub cache_bytes: u64,
    /// Where the services' documents `<service>.json` are (the edge alone).
    pub documents: String,
    /// Documents of services that do not exist yet, `<service>.json`: their operations are answered from
    /// the examples in them. In a variable with commas between.
    #[serde(deserialize_with = "kit::config::list")]
    pub mocks: Vec<String>,
    /// The folder of `roles.json` and the policies, which say who may call what; empty for those that the
    /// program brings along.
    #[schema(value_type = String)]
    pub policies: PathBuf,
    /// The folder of clients to download, `terrace-<language>-<version>.zip`, as `cargo xtask sdk` packs them; empty for
    /// none.
    #[schema(value_type = String)]
    pub sdks: PathBuf,
    /// The services by name (the edge alone), each with `url`, `invoke_key`, and `documents` where it has others than
    /// its own: `EDGE__UPSTREAMS__ORDERS__URL`.
    pub upstreams: BTreeMap<String, UpstreamConfig>,
    /// The stage that is served, of `stages`; empty for the settings as they are.
    pub stage: String,
    /// The stage before it, to which `cargo xtask stage rollback` goes back.
    pub stage_before: String,
    /// Stages by name, each with `documents`, `digests`, `policies`, `plans`, `mocks`, `canaries`: what it says goes over
    /// the settings beside it.
    pub stages: BTreeMap<String, StageConfig>,
    /// How the edge shows itself to the services.
    #[serde(skip)]
    pub identity: Option<Identity>,
}

/// Where a service is, and the key that lets the edge invoke it.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UpstreamConfig {
    /// Its address, e.g. `http://catalog:8082`; its replicas' with commas between. `https` for mutual TLS.
    pub url: String,
    /// Its invoke key, at least 32 bytes.
    #[serde(serialize_with = "kit::config::secret")]
    #[schema(value_type = String, default = "")]
    pub invoke_key: SecretString,
    /// The names of its documents, where it has others than `<service>.json`. In a variable with commas between.
    #[serde(default, deserialize_with = "kit::config::list")]
    pub documents: Vec<String>,
}

impl Config {
    /// The settings that only a start reads, and that differ from those of `other`. Secrets are not compared.
    pub(crate) fn fixed_that_differ(&self, other: &Self) -> Vec<String> {
        const READ_AGAIN: [&str; 12] = [
            "body_limit",
            "documents",
            "issuers",
            "mocks",
            "plans",
            "policies",
            "sdks",
            "stage",
            "stage_before",
            "stages",
            "upstreams",
            "validate",
        ];
        let [own, other] = [self, other].map(|it| serde_json::to_value(it).unwrap_or_default());
        let members = own.as_object().into_iter().flatten();
        let differ = members.filter(|(key, value)| {
            !READ_AGAIN.contains(&key.as_str()) && other.get(key) != Some(value)
        });
        differ.map(|(key, _)| key.clone()).collect()
    }

    /// The services of the settings, each with its document from the folder of documents.
    pub fn services(&self) -> Result<Vec<Service>, String> {
        let mut services = Vec::new();
        for (name, upstream) in &self.upstreams {
            let fault = |key: &str, fault: &dyn std::fmt::Display| {
                format!("upstreams.{name}.{key}: {fault}")
            };
            let addresses = upstream.url.parse();
            let addresses = addresses.map_err(|bad: BadAddresses| fault("url", &bad))?;
            let minter = Minter::new(name, &upstream.invoke_key);
            let minter = minter.map_err(|weak| fault("invoke_key", &weak))?;
            let reached = Upstream::reach(name, addresses, self.identity.as_ref())
                .map_err(|unfit| fault("url", &unfit))?;
            let documents = match &upstream.documents[..] {
                [] => std::slice::from_ref(name),
                documents => documents,
            };
            for file in documents {
                let document = Path::new(&self.documents).join(format!("{file}.json"));
                let document = read_as(&document, self.digest(file));
                services.push(Service {
                    name: name.clone(),
                    document: document.map_err(|fault| format!("documents: {fault}"))?,
                    upstream: reached.clone(),
                    minter: Some(minter.clone()),
                });
            }
        }
        for file in &self.mocks {
            services.push(Service::mock(Path::new(file))?);
        }
        Ok(services)
    }
}

pub(crate) fn read_document(file: &Path) -> Result<serde_json::Value, String> {
    read_as(file, None)
}

/// The document, if it has this digest.
fn read_as(file: &Path, digest: Option<&String>) -> Result<serde_json::Value, String> {
    let fault = |fault: &dyn std::fmt::Display| format!("{}: {fault}", file.display());
    let text = std::fs::read(file).map_err(|unreadable| fault(&unreadable))?;
    let own = hex::encode(digest::digest(&digest::SHA256, &text));
    if let Some(wanted) = digest.filter(|wanted| **wanted != own) {
        let differs = format!("expected the digest {wanted} of the stage, not {own}");
        return Err(fault(&differs));
    }
    serde_json::from_slice(&text).map_err(|broken| fault(&broken))
}

impl ServiceConfig for Config {
    const NAME: &'static str = "edge";
    const PORT: u16 = 8080;
    const MAX_HEAD: usize = serve::MAX_HEAD;

    fn introduce(&mut self, identity: Identity) {
        self.identity = Some(identity);
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            origins: vec![
                "http://localhost:3000".into(),
                "http://127.0.0.1:3000".into(),
            ],
            issuer: "http://localhost:8080".into(),
            audience: "terrace-web".into(),
            issuer_service: "users".into(),
            issuers: BTreeMap::new(),
            throttle: Switch::On,
            validate: Switch::On,
            client_rate_per_s: 50,
            client_burst: 300,
            plans: BTreeMap::new(),
            proxies: 0,
            redis: None,
            session_keys: Vec::new(),
            client_connections: serve::CLIENT_CONNECTIONS,
            in_flight: 1024,
            queue_ms: 200,
            client_in_flight: 64,
            body_limit: 64 * 1024,
            cache_bytes: 32 * 1024 * 1024,
            documents: "openapi".into(),
            mocks: Vec::new(),
            policies: PathBuf::new(),
            sdks: PathBuf::new(),
            upstreams: BTreeMap::new(),
            stage: String::new(),
            stage_before: String::new(),
            stages: BTreeMap::new(),
            identity: None,
        }
    }
}
