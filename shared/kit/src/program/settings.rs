//! The settings of a service's program: those that every service has, and its own beside them.

use std::{collections::HashMap, net::SocketAddr, path::PathBuf};

use serde::{Deserialize, Deserializer, Serialize, de::DeserializeOwned};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{AllOfBuilder, RefOr, Schema},
};

use crate::{
    config, serve,
    telemetry::LogFormat,
    tls::{Acme, AcmeConfig, CertificateFiles, Identity},
    trace::Collector,
};

/// What a service says of its own settings.
pub trait ServiceConfig: Default + Serialize + DeserializeOwned + ToSchema + 'static {
    /// The service's name; `ORDERS__` begins the variables of `orders`.
    const NAME: &'static str;
    /// Where it listens on this machine unless told otherwise; its admin port is 1000 higher.
    const PORT: u16;
    /// The largest head of a request that it takes, in bytes.
    const MAX_HEAD: usize = serve::MAX_INNER_HEAD;

    /// Tells it how to show itself to the services that it calls, if it calls any.
    fn introduce(&mut self, _identity: Identity) {}

    /// What each of its variables begins with.
    fn prefix() -> String {
        format!("{}__", Self::NAME.to_uppercase())
    }
}

/// Settings that the program of every service has.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ServerConfig {
    /// Where the service listens.
    #[schema(value_type = String)]
    pub listen: SocketAddr,
    /// Where `/healthz`, `/readyz` and `/metrics` are served.
    #[schema(value_type = String)]
    pub admin_listen: SocketAddr,
    /// How long a connection may be idle, in seconds, 1 to 86400: longer than whatever stands in
    /// front keeps its own, which is 60 at most load balancers.
    #[serde(deserialize_with = "config::within::<1, 86_400, _, _>")]
    pub idle_s: u64,
    /// The file of the certificate chain in PEM, the own certificate first: with it the service speaks
    /// TLS alone. It is read again when it changes.
    #[schema(value_type = String)]
    pub tls_certificate: Option<PathBuf>,
    /// The file of the certificate's private key in PEM.
    #[schema(value_type = String)]
    pub tls_key: Option<PathBuf>,
    /// For how many seconds from each answer on a browser comes by TLS alone, 0 to 63072000; 0 says nothing.
    #[serde(deserialize_with = "config::within::<0, 63_072_000, _, _>")]
    pub tls_hsts_s: u32,
    /// Certificates by ACME instead of files.
    #[serde(default)]
    pub acme: AcmeConfig,
    /// The file of the authority's certificate in PEM that signs those of the shop's services.
    #[schema(value_type = String)]
    pub identity_authority: Option<PathBuf>,
    /// The file of the certificate in PEM, from that authority, by which other services know this one:
    /// it names `spiffe://terrace/<service>`, and is read again when it changes.
    #[schema(value_type = String)]
    pub identity_certificate: Option<PathBuf>,
    /// The file of its private key in PEM.
    #[schema(value_type = String)]
    pub identity_key: Option<PathBuf>,
    /// The services that may connect, by mutual TLS: nobody else can then. None for everybody. In a
    /// variable with commas between.
    #[serde(default, deserialize_with = "config::list")]
    pub callers: Vec<String>,
    /// Where plain HTTP is answered with the same address by https, e.g. `0.0.0.0:80`.
    #[schema(value_type = String)]
    pub redirect_listen: Option<SocketAddr>,
    /// The port of that address, as clients reach it.
    pub redirect_port: u16,
    /// What is logged: off, error, warn, info, debug, trace or a tracing filter.
    pub log_level: String,
    /// How log lines look: pretty or json.
    pub log_format: LogFormat,
    /// Where spans go by OTLP over HTTP, e.g. `http://collector:4318`; empty for nowhere.
    #[schema(value_type = String)]
    pub otlp: Collector,
    /// The part of the traces which begin here that is kept, 0 to 1; a caller may bring its own.
    #[serde(deserialize_with = "config::ratio")]
    pub otlp_ratio: f64,
}

/// All settings of a service's program, on one level.
#[derive(Clone, Debug, Serialize)]
pub struct Settings<T> {
    /// Those that every service has.
    #[serde(flatten)]
    pub server: ServerConfig,
    /// Those of this service.
    #[serde(flatten)]
    pub own: T,
}

impl ServerConfig {
    pub(super) fn at(port: u16) -> Self {
        Self {
            listen: ([127, 0, 0, 1], port).into(),
            admin_listen: ([127, 0, 0, 1], port + 1000).into(),
            idle_s: serve::IDLE.as_secs(),
            tls_certificate: None,
            tls_key: None,
            tls_hsts_s: 365 * 24 * 60 * 60,
            acme: AcmeConfig::default(),
            identity_authority: None,
            identity_certificate: None,
            identity_key: None,
            callers: Vec::new(),
            redirect_listen: None,
            redirect_port: 443,
            log_level: "info".into(),
            log_format: LogFormat::Pretty,
            otlp: Collector::default(),
            otlp_ratio: 1.0,
        }
    }

    /// The certificate of the settings.
    pub(super) fn certificate(&self) -> Result<Option<CertificateFiles>, String> {
        match (&self.tls_certificate, &self.tls_key, self.redirect_listen) {
            (Some(_), Some(_), _) if !self.callers.is_empty() => {
                Err("callers: expected no tls_certificate, which is for everybody".into())
            }
            (Some(chain), Some(key), _) => CertificateFiles::open(chain, key).map(Some),
            (None, None, None) => Ok(None),
            (None, None, Some(_)) if !self.acme.directory.is_empty() => Ok(None),
            (None, None, Some(_)) => {
                Err("redirect_listen: expected tls_certificate or acme beside it".into())
            }
            _ => Err("tls_certificate and tls_key: expected both of them, or none".into()),
        }
    }

    /// Whoever gets a certificate by ACME, where the settings ask for it.
    pub(super) fn acme(&self) -> Result<Option<Acme>, String> {
        if self.acme.directory.is_empty() && self.acme.domains.is_empty() {
            return Ok(None);
        }
        if self.tls_certificate.is_some() || !self.callers.is_empty() {
            return Err("acme: expected no tls_certificate and no callers beside it".into());
        }
        if self.redirect_listen.is_none() {
            let why = "where the authority asks for its proof";
            return Err(format!("acme: expected redirect_listen beside it, {why}"));
        }
        Acme::open(&self.acme).map(Some)
    }

    /// How other services know this one, and the files that it comes from.
    pub(super) fn identity(&self) -> Result<Option<(Identity, CertificateFiles)>, String> {
        let authority = &self.identity_authority;
        match (authority, &self.identity_certificate, &self.identity_key) {
            (Some(authority), Some(certificate), Some(key)) => {
                let files = CertificateFiles::open(certificate, key)?;
                let identity = Identity::new(files.certificate(), authority)?;
                Ok(Some((identity, files)))
            }
            (None, None, None) if self.callers.is_empty() => Ok(None),
            _ => Err(
                "identity_authority, identity_certificate and identity_key: expected all three, \
                 or none and no callers"
                    .into(),
            ),
        }
    }
}

impl<T: ServiceConfig> Default for Settings<T> {
    fn default() -> Self {
        Self {
            server: ServerConfig::at(T::PORT),
            own: T::default(),
        }
    }
}

impl<T: ToSchema> PartialSchema for Settings<T> {
    fn schema() -> RefOr<Schema> {
        let parts = AllOfBuilder::new().item(ServerConfig::schema());
        parts.item(T::schema()).into()
    }
}

impl<T: ToSchema> ToSchema for Settings<T> {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        ServerConfig::schemas(schemas);
        T::schemas(schemas);
    }
}

/// Each part is read from its own keys: what serde's `flatten` reads is no longer named when it is
/// wrong.
impl<'de, T: ServiceConfig> Deserialize<'de> for Settings<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut own = HashMap::<String, ::config::Value>::deserialize(deserializer)?;
        let shared = serde_json::to_value(ServerConfig::at(T::PORT))
            .expect("settings are text, numbers and addresses, which JSON has");
        let server = own.extract_if(|key, _| shared.get(key).is_some()).collect();
        Ok(Self {
            server: read(server)?,
            own: read(own)?,
        })
    }
}

fn read<T: DeserializeOwned, E: serde::de::Error>(
    keys: HashMap<String, ::config::Value>,
) -> Result<T, E> {
    T::deserialize(::config::Value::from(keys)).map_err(E::custom)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_without_its_key_is_refused() {
        let refused = |server: ServerConfig| server.certificate().err().unwrap();
        let server = || ServerConfig::at(0);

        let alone = refused(ServerConfig {
            tls_certificate: Some("chain.pem".into()),
            ..server()
        });
        assert!(alone.contains("expected both"), "{alone}");
        let to_nowhere = refused(ServerConfig {
            redirect_listen: Some(([127, 0, 0, 1], 0).into()),
            ..server()
        });
        assert!(to_nowhere.starts_with("redirect_listen: "), "{to_nowhere}");
        assert!(server().certificate().unwrap().is_none());
        let unproven = ServerConfig {
            acme: AcmeConfig {
                directory: "https://authority.example/directory".to_owned(),
                ..AcmeConfig::default()
            },
            ..server()
        };
        let unproven = unproven.acme().err().unwrap();
        assert!(unproven.contains("expected redirect_listen"), "{unproven}");

        let nobody = server();
        let nobody = ServerConfig {
            callers: vec!["edge".to_owned()],
            ..nobody
        };
        let nobody = nobody.identity().err().unwrap();
        assert!(nobody.contains("expected all three"), "{nobody}");
    }
}
