//! What the owner of an account is told of a session, to know it again: the kind of browser and system, and
//! the network. No more is kept than that.

use std::net::IpAddr;

use http::{HeaderMap, HeaderName, header};

/// Browsers by what their user agents have, the more particular ones first: nearly all of them say that they
/// are Chrome, or Safari.
const BROWSERS: [(&str, &str); 7] = [
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("Chrom", "Chrome"),
    ("Safari/", "Safari"),
];

/// Systems likewise.
const SYSTEMS: [(&str, &str); 7] = [
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
];

/// Where a session is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Device {
    /// For people, e.g. `Firefox on Linux`; empty where nothing is known.
    pub name: String,
    /// The network that it came from: `203.0.113.0/24`, `2001:db8:1::/48`.
    pub network: String,
}

impl Device {
    /// Of a request, by what its client says of itself and the edge of the client.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let text = |name: HeaderName| headers.get(name).and_then(|it| it.to_str().ok());
        let agent = text(header::USER_AGENT).unwrap_or_default();
        let address = text(HeaderName::from_static("x-forwarded-for"));
        let address = address.and_then(|address| address.trim().parse().ok());
        Self {
            name: name(agent),
            network: address.map(network).unwrap_or_default(),
        }
    }
}

fn name(agent: &str) -> String {
    let known = |table: &[(&str, &'static str)]| {
        let mut found = table.iter().filter(|(sign, _)| agent.contains(sign));
        found.next().map(|(_, name)| *name)
    };
    match (known(&BROWSERS), known(&SYSTEMS)) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(one), None) | (None, Some(one)) => one.to_owned(),
        // A program: `curl/8.5.0` says enough of itself before the slash.
        (None, None) => {
            let word = agent.split(['/', ' ']).next().unwrap_or_default();
            let word = word.chars().filter(char::is_ascii_alphanumeric);
            word.take(20).collect()
        }
    }
}

/// As much of an address as tells one provider, or one town, from another.
fn network(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => {
            let [a, b, c, _] = address.octets();
            format!("{a}.{b}.{c}.0/24")
        }
        IpAddr::V6(address) => {
            let [a, b, c, ..] = address.segments();
            format!("{}/48", std::net::Ipv6Addr::new(a, b, c, 0, 0, 0, 0, 0))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn device(agent: &'static str, address: &'static str) -> Device {
        let mut headers = HeaderMap::new();
        headers.insert(header::USER_AGENT, agent.parse().unwrap());
        headers.insert("x-forwarded-for", address.parse().unwrap());
        Device::of(&headers)
    }

    #[test]
    fn a_browser_is_called_what_its_owner_calls_it() {
        for (agent, name) in [
            (
                "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
                "Firefox on Linux",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1",
                "Safari on iPhone",
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0",
                "Edge on Windows",
            ),
            (
                "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36",
                "Chrome on Android",
            ),
            ("curl/8.5.0", "curl"),
            ("<script>alert(1)</script>", "scriptalert1"),
            ("", ""),
        ] {
            assert_eq!(device(agent, "").name, name);
        }
    }

    #[test]
    fn of_an_address_its_network_is_kept() {
        assert_eq!(device("", "203.0.113.77").network, "203.0.113.0/24");
        assert_eq!(device("", "2001:db8:1:2::3").network, "2001:db8:1::/48");
        assert_eq!(device("", "::ffff:203.0.113.77").network, "203.0.113.0/24");
        assert_eq!(device("", "nonsense").network, "");
    }
}
