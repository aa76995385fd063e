//! Where a service is, as a setting says it.

use std::{io, net::SocketAddr, str::FromStr, sync::Arc};

use futures::future::BoxFuture;
use http::{
    Uri,
    uri::{Authority, PathAndQuery, Scheme},
};

/// Where a service is, as a setting says it: `http://<host>[:<port>]`, several with commas between;
/// or `https://` all of them. Each address behind each host name is one replica.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Addresses {
    pub(super) hosts: Vec<Authority>,
    pub(super) is_https: bool,
}

/// A setting that names no service.
#[derive(Debug, thiserror::Error)]
#[error("{0:?}: expected http://<host>:<port>, several with commas between, or all https://")]
pub struct BadAddresses(String);

impl FromStr for Addresses {
    type Err = BadAddresses;

    fn from_str(text: &str) -> Result<Self, BadAddresses> {
        let is_https = text.trim_start().starts_with("https:");
        let scheme = if is_https {
            Scheme::HTTPS
        } else {
            Scheme::HTTP
        };
        let authority = |url: &str| {
            let parts = url.trim().parse::<Uri>().ok()?.into_parts();
            let path = parts
                .path_and_query
                .as_ref()
                .map_or("/", PathAndQuery::as_str);
            let plain = parts.scheme? == scheme && path == "/";
            let authority = parts.authority.filter(|_| plain)?;
            (!authority.as_str().contains('@')).then_some(authority)
        };
        let hosts = text.split(',').map(authority).collect::<Option<_>>();
        let hosts = hosts.ok_or_else(|| BadAddresses(text.to_owned()))?;
        Ok(Self { hosts, is_https })
    }
}

/// Finds the addresses behind `<host>:<port>`.
pub type LookUp =
    Arc<dyn Fn(String) -> BoxFuture<'static, io::Result<Vec<SocketAddr>>> + Send + Sync>;

/// Asks the system.
pub(super) fn system() -> LookUp {
    Arc::new(|host| Box::pin(async { Ok(tokio::net::lookup_host(host).await?.collect()) }))
}

impl Addresses {
    /// The form in which a host is looked up.
    pub(super) fn host_and_port(&self, authority: &Authority) -> String {
        let port = if self.is_https { 443 } else { 80 };
        let port = authority.port_u16().unwrap_or(port);
        format!("{}:{port}", authority.host())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_address_or_several_stand_in_a_setting() {
        let one: Addresses = "http://orders".parse().unwrap();
        let two: Addresses = "http://127.0.0.1:1/, http://[::1]:2".parse().unwrap();

        let secure: Addresses = "https://orders".parse().unwrap();

        let found = |them: &Addresses| -> Vec<String> {
            let hosts = them.hosts.iter();
            hosts.map(|host| them.host_and_port(host)).collect()
        };
        assert_eq!(found(&one), ["orders:80"]);
        assert_eq!(found(&two), ["127.0.0.1:1", "[::1]:2"]);
        assert_eq!(found(&secure), ["orders:443"]);
    }

    #[test]
    fn what_names_no_service_is_refused() {
        for text in [
            "",
            "orders:8083",
            "http://orders,https://orders",
            "https://orders,http://orders",
            "http://orders/v1",
            "http://user@orders",
            "http://orders,",
            "http://orders http://orders",
        ] {
            assert!(text.parse::<Addresses>().is_err(), "{text:?}");
        }
    }
}
