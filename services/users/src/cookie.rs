//! The cookies of sessions: what they are called, and where a browser may send them.
//!
//! Browsers keep cookies by host and not by port (RFC 6265 §8.5): two shops on one machine would
//! overwrite each other's. So a name ends in the port of the shop's issuer, where it has one. Over TLS
//! it begins with `__Host-`: then a browser takes it from this very host alone, never from a sibling
//! subdomain or over plain HTTP (RFC 6265bis §4.1.3.2).

use std::sync::Arc;

use http::{HeaderMap, HeaderName, Uri, header, uri::Authority};

use crate::{provider::Browser, session::RefreshToken};

/// How many cookies of one name are tried. A browser sends several of them when another program on
/// the host has set one for another path.
const TRIED: usize = 4;

/// The cookies of one shop.
#[derive(Clone)]
pub(crate) struct Cookies {
    refresh: Arc<str>,
    known: Arc<str>,
    browser: Arc<str>,
}

impl Cookies {
    /// Of the shop that this issuer belongs to.
    pub(crate) fn of(issuer: &str) -> Self {
        let port = issuer.parse::<Uri>().ok().and_then(|uri| uri.port_u16());
        let port = port.map(|port| format!("_{port}")).unwrap_or_default();
        Self {
            refresh: format!("terrace_refresh{port}").into(),
            known: format!("terrace_known{port}").into(),
            browser: format!("terrace_browser{port}").into(),
        }
    }

    /// The refresh token, for the answer to a request with these headers; out of reach of scripts
    /// and of other sites.
    pub(crate) fn refresh(&self, headers: &HeaderMap, value: &str, max_age_s: i64) -> String {
        set(headers, &self.refresh, value, max_age_s, "/v1/sessions")
    }

    /// What says that the browser is known to an account.
    pub(crate) fn known(&self, headers: &HeaderMap, value: &str, max_age_s: i64) -> String {
        set(headers, &self.known, value, max_age_s, "/v1/sessions")
    }

    /// What says that it is the browser that went to another provider.
    pub(crate) fn browser(&self, headers: &HeaderMap, value: &str, max_age_s: i64) -> String {
        set(headers, &self.browser, value, max_age_s, "/v1")
    }

    /// What the browser says of that.
    pub(crate) fn received_browser(&self, headers: &HeaderMap) -> Option<Browser> {
        received(headers, &self.browser).find_map(Browser::received)
    }

    /// What the browser says of the account that it is known to.
    pub(crate) fn received_known<'a>(&'a self, headers: &'a HeaderMap) -> Option<&'a str> {
        received(headers, &self.known).next()
    }

    /// The refresh tokens that the browser sent. Which of several is ours only the store can tell.
    pub(crate) fn received(&self, headers: &HeaderMap) -> Vec<RefreshToken> {
        let found = received(headers, &self.refresh);
        found.take(TRIED).map(RefreshToken::received).collect()
    }
}

fn set(headers: &HeaderMap, name: &str, value: &str, max_age_s: i64, path: &str) -> String {
    let (prefix, path, secure) = match is_secure(headers) {
        // The prefix allows no other path.
        true => ("__Host-", "/", "; Secure"),
        // Not every browser sends `Secure` cookies to localhost over plain HTTP, and nobody listens
        // in on this machine.
        false => ("", path, ""),
    };
    format!(
        "{prefix}{name}={value}; HttpOnly; SameSite=Strict; Max-Age={max_age_s}; Path={path}{secure}"
    )
}

fn received<'a>(headers: &'a HeaderMap, name: &'a str) -> impl Iterator<Item = &'a str> {
    let is_secure = is_secure(headers);
    let lines = headers.get_all(header::COOKIE).into_iter();
    let pairs = lines
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='));
    pairs.filter_map(move |(sent, value)| {
        let sent = match is_secure {
            true => sent.strip_prefix("__Host-")?,
            false => sent,
        };
        (sent == name).then_some(value)
    })
}

/// Whether the browser reached the shop over TLS, or must have: by what the edge says, which believes
/// its own proxies alone.
fn is_secure(headers: &HeaderMap) -> bool {
    let scheme = headers.get(HeaderName::from_static("x-forwarded-proto"));
    scheme.is_some_and(|scheme| scheme == "https") || !is_this_machine(headers)
}

/// Whether the browser reached the shop under a name of its own machine.
fn is_this_machine(headers: &HeaderMap) -> bool {
    let host = headers
        .get(HeaderName::from_static("x-forwarded-host"))
        .or(headers.get(header::HOST))
        .and_then(|host| host.to_str().ok()?.parse::<Authority>().ok());
    let own = ["localhost", "127.0.0.1", "[::1]"];
    host.is_some_and(|host| own.iter().any(|own| host.host().eq_ignore_ascii_case(own)))
}
