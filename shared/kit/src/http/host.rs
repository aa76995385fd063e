//! The host that a request is for (RFC 9112 §3.2, RFC 9110 §7.2).

use http::{HeaderValue, Request, Version, header, uri::Authority};

/// The host that a request names, once and well. The error is a sentence for the client.
pub fn host<B>(request: &Request<B>) -> Result<HeaderValue, &'static str> {
    let mut hosts = request.headers().get_all(header::HOST).iter();
    let host = match (hosts.next(), hosts.next()) {
        (Some(host), None) => host.clone(),
        (None, _) if request.version() < Version::HTTP_11 => HeaderValue::from_static("localhost"),
        _ => return Err("A request has exactly one Host."),
    };
    let authority = authority(&host).ok_or("The Host is no host and port.")?;
    // An absolute target names the host a second time (RFC 9112 §3.2.2), in any case.
    let again = request.uri().authority();
    if again.is_some_and(|again| *again != authority) {
        return Err("The target and the Host header name different hosts.");
    }
    Ok(host)
}

fn authority(host: &HeaderValue) -> Option<Authority> {
    let authority = Authority::try_from(host.as_bytes()).ok()?;
    let text = authority.as_str();
    let port = text.strip_prefix(authority.host())?;
    let port_is_one = match port.strip_prefix(':') {
        // A port may be left out after its colon.
        Some(port) => port.is_empty() || is_port(port),
        None => port.is_empty(),
    };
    (!authority.host().is_empty() && port_is_one).then_some(authority)
}

fn is_port(text: &str) -> bool {
    text.bytes().all(|it| it.is_ascii_digit()) && text.parse::<u16>().is_ok()
}
