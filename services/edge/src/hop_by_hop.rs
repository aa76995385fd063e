//! Headers of one connection only (RFC 9110 §7.6.1): they end at the edge, in both directions.

use http::{HeaderMap, HeaderName, header};

const HOP_BY_HOP: [HeaderName; 8] = [
    header::CONNECTION,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
    header::PROXY_AUTHORIZATION,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
];

/// Drops them, and those that `Connection` names.
pub(crate) fn drop_hop_by_hop(headers: &mut HeaderMap) {
    if headers.contains_key(header::CONNECTION) {
        let connection = headers.get_all(header::CONNECTION);
        let lines: Vec<_> = connection.iter().cloned().collect();
        for line in &lines {
            for name in line.to_str().unwrap_or_default().split(',') {
                headers.remove(name.trim());
            }
        }
    }
    drop_all(headers, &HOP_BY_HOP);
}

/// Drops these headers. Most messages have none of them: a look at each that is there costs less than
/// to look up each that might be.
pub(crate) fn drop_all(headers: &mut HeaderMap, unwanted: &[HeaderName]) {
    let names = headers.keys().filter(|name| unwanted.contains(name));
    for name in names.cloned().collect::<Vec<_>>() {
        headers.remove(name);
    }
}
