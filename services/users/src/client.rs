//! Whose passwords wait together: the client, as far as the edge knows it.

use std::net::{IpAddr, Ipv4Addr};

use http::{HeaderMap, HeaderName};
use kit::serve::network;

/// A client by its address, or the network that it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Client(IpAddr);

impl Client {
    /// The shop itself.
    pub const OURSELVES: Self = Self(IpAddr::V4(Ipv4Addr::UNSPECIFIED));

    /// The one whose address the edge has written into these headers.
    pub fn of(headers: &HeaderMap) -> Self {
        let address = headers.get(HeaderName::from_static("x-forwarded-for"));
        let address = address.and_then(|address| address.to_str().ok()?.parse().ok());
        address.map_or(Self::OURSELVES, |address| Self(network(address)))
    }
}
