//! A request as it came on the wire.

use http::{header, request::Parts};

use crate::Refusal;

/// What a signature covers, but for the body.
pub struct Request<'a> {
    /// The method, upper case.
    pub method: &'a str,
    /// The request target: path and query as they came, not decoded.
    pub target: &'a [u8],
    /// All headers in their order, names in any case; one that came twice stands here twice.
    pub headers: Vec<(&'a str, &'a [u8])>,
}

impl<'a> From<&'a Parts> for Request<'a> {
    fn from(parts: &'a Parts) -> Self {
        let headers = parts.headers.iter();
        let mut headers: Vec<_> = headers
            .map(|(name, value)| (name.as_str(), value.as_bytes()))
            .collect();
        // HTTP/2 names the host in the target alone.
        if !parts.headers.contains_key(header::HOST)
            && let Some(authority) = parts.uri.authority()
        {
            headers.push(("host", authority.as_str().as_bytes()));
        }
        let target = parts.uri.path_and_query();
        Self {
            method: parts.method.as_str(),
            target: target.map_or(b"/", |target| target.as_str().as_bytes()),
            headers,
        }
    }
}

impl<'a> Request<'a> {
    /// Path and query; the query is empty where there is none.
    pub(crate) fn path_and_query(&self) -> (&'a [u8], &'a [u8]) {
        let mark = self.target.iter().position(|byte| *byte == b'?');
        match mark {
            Some(at) => (&self.target[..at], &self.target[at + 1..]),
            None => (self.target, b""),
        }
    }

    /// The values of a header; the name in lower case.
    pub(crate) fn all(&self, name: &str) -> impl Iterator<Item = &'a [u8]> {
        let headers = self.headers.iter();
        let named = headers.filter(move |(known, _)| known.eq_ignore_ascii_case(name));
        named.map(|(_, value)| *value)
    }

    /// The value of a header that may come once.
    pub(crate) fn once(&self, name: &str) -> Result<Option<&'a str>, Refusal> {
        let mut values = self.all(name);
        let Some(value) = values.next() else {
            return Ok(None);
        };
        let text = std::str::from_utf8(value).ok();
        let text = text.filter(|_| values.next().is_none());
        let refusal =
            Refusal::IncompleteSignature("A header of the signature came twice, or is no text.");
        text.map(|text| Some(text.trim())).ok_or(refusal)
    }
}
