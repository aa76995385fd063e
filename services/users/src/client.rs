//! Whose passwords wait together: the client, as far as the edge knows it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use http::{HeaderMap, HeaderName};

/// A client by its address; of IPv6 by its network, because one customer of an internet provider
/// holds at least a /64 (RFC 6177).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Client(IpAddr);

impl Client {
    /// The shop itself.
    pub const OURSELVES: Self = Self(IpAddr::V4(Ipv4Addr::UNSPECIFIED));

    /// The one whose address the edge has written into these headers.
    pub fn of(headers: &HeaderMap) -> Self {
        let address = headers.get(HeaderName::from_static("x-forwarded-for"));
        let address = address.and_then(|address| address.to_str().ok()?.parse().ok());
        match address {
            Some(IpAddr::V6(address)) => {
                let network = u128::from(address) & !u128::from(u64::MAX);
                Self(Ipv6Addr::from(network).into())
            }
            Some(address) => Self(address),
            None => Self::OURSELVES,
        }
    }
}
