//! Reads the raw request; answers 400 for what two readers could understand differently; drops every
//! header that a client may not set, and notes the client's address. Stands outside of all that
//! trusts paths and headers.

use std::net::{IpAddr, Ipv4Addr};

use axum::extract::Request;
use http::{HeaderMap, HeaderName, HeaderValue, Uri, header};
use kit::{
    deadline::DEADLINE_HEADER,
    http::{Problem, host},
    identity::CALLER_HEADER,
    serve::Peer,
};

use crate::{
    call::{Call, Who},
    error::{bad_request, expectation_failed},
    hop_by_hop::{drop_all, drop_hop_by_hop},
    middleware::{Before, Middleware},
};

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
pub(crate) const X_FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
pub(crate) const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// Who calls in this process.
const LOCALHOST: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// Headers by which a client might pose as a proxy, as the edge, or as somebody else.
const FORGEABLE: [HeaderName; 7] = [
    CALLER_HEADER,
    DEADLINE_HEADER,
    header::FORWARDED,
    X_FORWARDED_FOR,
    X_FORWARDED_HOST,
    X_FORWARDED_PROTO,
    HeaderName::from_static("x-real-ip"),
];

/// Lets honest requests on.
#[derive(Clone)]
pub(crate) struct Sanitise {
    /// How many proxies in front are believed.
    pub(crate) proxies: u8,
}

impl Middleware for Sanitise {
    type Kept = ();

    fn before(&self, mut request: Request) -> Before<()> {
        match self.sanitise(&mut request) {
            Ok(address) => {
                let caller = Who::Nobody;
                request.extensions_mut().insert(Call {
                    address,
                    caller,
                    signature: None,
                });
                Before::Pass(request, ())
            }
            Err(refusal) => Before::Refuse(hang_up(refusal)),
        }
    }
}

impl Sanitise {
    /// The client's address, as far as the edge knows it.
    fn sanitise(&self, request: &mut Request) -> Result<IpAddr, Problem> {
        let host = check(request)?;
        let peer = request.extensions_mut().remove::<Peer>();
        let headers = request.headers_mut();
        let proxies = usize::from(self.proxies);
        let forwarded = forwarded_value(headers, &X_FORWARDED_FOR, proxies);
        let forwarded = forwarded.and_then(|address| address.parse().ok());
        let is_secure = peer.as_ref().is_some_and(|peer| peer.is_secure);
        let client = forwarded.map(|address: IpAddr| Peer::from(address));
        let client = client.or(peer).unwrap_or_else(|| LOCALHOST.into());
        let scheme = forwarded_value(headers, &X_FORWARDED_PROTO, proxies.min(1));
        let scheme = scheme.filter(|scheme| !scheme.is_empty());
        // What a proxy says of its client goes before what we see of the proxy.
        let is_https = scheme.map_or(is_secure, |scheme| scheme == "https");
        drop_hop_by_hop(headers);
        drop_all(headers, &FORGEABLE);
        join_cookies(headers);
        headers.insert(X_FORWARDED_HOST, host);
        let scheme = if is_https { "https" } else { "http" };
        headers.insert(X_FORWARDED_PROTO, HeaderValue::from_static(scheme));
        headers.insert(X_FORWARDED_FOR, client.text);
        Ok(client.address)
    }
}

/// What the outermost of so many proxies of ours wrote into a list that each of them appends to.
/// What stands before that the client wrote itself.
fn forwarded_value(headers: &HeaderMap, name: &HeaderName, proxies: usize) -> Option<String> {
    let from_the_end = proxies.checked_sub(1)?;
    let lines = headers.get_all(name).iter();
    let texts: Vec<&str> = lines
        .map(|line| line.to_str().unwrap_or_default())
        .collect();
    let list = texts.join(",");
    Some(list.rsplit(',').nth(from_the_end)?.trim().to_owned())
}

/// HTTP/2 may bring a line for each cookie; others expect one (RFC 9113 §8.2.3).
fn join_cookies(headers: &mut HeaderMap) {
    let lines = headers.get_all(header::COOKIE);
    if lines.iter().nth(1).is_none() {
        return;
    }
    let lines: Vec<_> = lines.iter().map(HeaderValue::as_bytes).collect();
    let line = HeaderValue::from_bytes(&lines.join(&b"; "[..]));
    let line = line.expect("parts of headers make one");
    headers.insert(header::COOKIE, line);
}

/// Refuses what two readers could understand differently; otherwise returns the host.
fn check(request: &Request) -> Result<HeaderValue, Problem> {
    check_framing(request.headers())?;
    check_path(request.uri())?;
    check_expectation(request.headers())?;
    host(request).map_err(bad_request)
}

/// Where such a request ends is a guess, so nothing after it on this connection may be believed.
fn hang_up(problem: Problem) -> Problem {
    problem.header(header::CONNECTION, HeaderValue::from_static("close"))
}

fn check_expectation(headers: &HeaderMap) -> Result<(), Problem> {
    let mut expected = headers.get_all(header::EXPECT).iter();
    match expected.all(|it| it.as_bytes().eq_ignore_ascii_case(b"100-continue")) {
        true => Ok(()),
        false => Err(expectation_failed()),
    }
}

/// Refuses every transfer coding that two readers could understand differently (RFC 9112 §6.1). The
/// server has dealt with lengths before: it refuses those that differ and drops one beside a coding,
/// after which it hangs up (§6.3); the last check is for one that would not.
fn check_framing(headers: &HeaderMap) -> Result<(), Problem> {
    let mut codings = headers.get_all(header::TRANSFER_ENCODING).iter();
    let Some(coding) = codings.next() else {
        return Ok(());
    };
    if codings.next().is_some() || !coding.as_bytes().eq_ignore_ascii_case(b"chunked") {
        return Err(bad_request(
            "The only transfer coding understood is `chunked`.",
        ));
    }
    if headers.contains_key(header::CONTENT_LENGTH) {
        return Err(bad_request(
            "A body has either a length or a transfer coding.",
        ));
    }
    Ok(())
}

/// Refuses every path that two readers could understand differently.
pub(crate) fn check_path(uri: &Uri) -> Result<(), Problem> {
    let ambiguous = || Err(bad_request("The path is ambiguous."));
    let path = uri.path();
    if !path.starts_with('/') || path.contains("//") {
        return ambiguous();
    }
    let bytes = path.as_bytes();
    for (at, byte) in bytes.iter().enumerate() {
        match byte {
            b'\\' | b'#' | 0..=b' ' | 0x7f => return ambiguous(),
            b'%' => match decode(&bytes[at + 1..]) {
                None | Some(b'/' | b'\\' | b'.' | b'%' | 0..=0x1f | 0x7f) => return ambiguous(),
                Some(_) => {}
            },
            _ => {}
        }
    }
    if path
        .split('/')
        .any(|segment| segment == "." || segment == "..")
    {
        return ambiguous();
    }
    Ok(())
}

fn decode(digits: &[u8]) -> Option<u8> {
    let digit = |at: usize| char::from(*digits.get(at)?).to_digit(16);
    u8::try_from(digit(0)? * 16 + digit(1)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_can_be_read_in_two_ways_is_refused() {
        for path in [
            "//v1",
            "/v1//me",
            "/v1/./me",
            "/v1/../me",
            "/v1/%2e%2e/me",
            "/v1%2fme",
            "/v1%5cme",
            "/v1/%00",
            "/v1/%zz",
            "/v1/%2",
            "/v1/..",
            "/v1/%252e",
            "/v1/%0d%0a",
        ] {
            let uri: Uri = path.parse().unwrap();
            assert!(check_path(&uri).is_err(), "{path}");
        }
    }

    #[test]
    fn an_honest_path_passes() {
        for path in [
            "/",
            "/v1/products/monstera-deliciosa",
            "/v1/products/caf%C3%A9",
            "/.well-known/jwks.json",
        ] {
            let uri: Uri = path.parse().unwrap();
            assert!(check_path(&uri).is_ok(), "{path}");
        }
    }
}
