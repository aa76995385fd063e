//! Where a service is, as a setting says it.

use std::{io, net::SocketAddr, str::FromStr, sync::Arc};

use futures::future::BoxFuture;
use http::{
    Uri,
    uri::{Authority, PathAndQuery, Scheme},
};

/// Where a service is, as a setting says it: `http://<host>[:<port>]`, several with commas between.
/// Each address behind each host name is one replica.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Addresses(pub(super) Vec<Authority>);

/// A setting that names no service.
#[derive(Debug, thiserror::Error)]
#[error("{0:?}: expected http://<host>:<port>, several with commas between")]
pub struct BadAddresses(String);

impl FromStr for Addresses {
    type Err = BadAddresses;

    fn from_str(text: &str) -> Result<Self, BadAddresses> {
        let authority = |url: &str| {
            let parts = url.trim().parse::<Uri>().ok()?.into_parts();
            let path = parts
                .path_and_query
                .as_ref()
                .map_or("/", PathAndQuery::as_str);
            let plain = parts.scheme? == Scheme::HTTP && path == "/";
            let authority = parts.authority.filter(|_| plain)?;
            (!authority.as_str().contains('@')).then_some(authority)
        };
        let authorities = text.split(',').map(authority).collect::<Option<_>>();
        authorities
            .map(Self)
            .ok_or_else(|| BadAddresses(text.to_owned()))
    }
}

/// Finds the addresses behind `<host>:<port>`.
pub type LookUp =
    Arc<dyn Fn(String) -> BoxFuture<'static, io::Result<Vec<SocketAddr>>> + Send + Sync>;

/// Asks the system.
pub(super) fn system() -> LookUp {
    Arc::new(|host| Box::pin(async { Ok(tokio::net::lookup_host(host).await?.collect()) }))
}

/// The form in which a host is looked up.
pub(super) fn host_and_port(authority: &Authority) -> String {
    format!(
        "{}:{}",
        authority.host(),
        authority.port_u16().unwrap_or(80)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_address_or_several_stand_in_a_setting() {
        let one: Addresses = "http://orders".parse().unwrap();
        let two: Addresses = "http://127.0.0.1:1/, http://[::1]:2".parse().unwrap();

        assert_eq!(host_and_port(&one.0[0]), "orders:80");
        let two: Vec<_> = two.0.iter().map(host_and_port).collect();
        assert_eq!(two, ["127.0.0.1:1", "[::1]:2"]);
    }

    #[test]
    fn what_names_no_service_is_refused() {
        for text in [
            "",
            "orders:8083",
            "https://orders",
            "http://orders/v1",
            "http://user@orders",
            "http://orders,",
            "http://orders http://orders",
        ] {
            assert!(text.parse::<Addresses>().is_err(), "{text:?}");
        }
    }
}
