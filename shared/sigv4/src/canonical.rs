//! The canonical request: what exactly is signed, the same for everybody who reads a request rightly.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode, percent_encode};

use crate::{Refusal, Request};

/// Everything but the unreserved characters of RFC 3986.
const ENCODED: AsciiSet = NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// The same in a path, whose slashes stay.
const ENCODED_IN_PATH: AsciiSet = ENCODED.remove(b'/');

/// A parameter of the query, decoded.
pub(crate) type Parameter<'a> = (Cow<'a, [u8]>, Cow<'a, [u8]>);

/// The path as it came, encoded once more: what came as `%20` is signed as `%2520`. `normalise` resolves
/// dot segments and doubled slashes before.
pub(crate) fn path(path: &[u8], normalise: bool) -> String {
    let path = match normalise {
        true => Cow::Owned(normalised(path)),
        false => Cow::Borrowed(path),
    };
    percent_encode(&path, &ENCODED_IN_PATH).to_string()
}

fn normalised(path: &[u8]) -> Vec<u8> {
    let mut kept: Vec<&[u8]> = Vec::new();
    for segment in path.split(|byte| *byte == b'/') {
        match segment {
            b"" | b"." => {}
            b".." => drop(kept.pop()),
            segment => kept.push(segment),
        }
    }
    let mut normalised = [b"/", kept.join(&b'/').as_slice()].concat();
    if path.ends_with(b"/") && !kept.is_empty() {
        normalised.push(b'/');
    }
    normalised
}

/// The parameters of a query. A `+` is a space, as it is to the services that read it.
pub(crate) fn parameters(query: &[u8]) -> Vec<Parameter<'_>> {
    let items = query.split(|byte| *byte == b'&');
    let items = items.filter(|item| !item.is_empty());
    items
        .map(|item| {
            let mut halves = item.splitn(2, |byte| *byte == b'=');
            let mut half = || decoded(halves.next().unwrap_or_default());
            (half(), half())
        })
        .collect()
}

fn decoded(text: &[u8]) -> Cow<'_, [u8]> {
    if !text.contains(&b'+') {
        return percent_decode(text).into();
    }
    let spaced: Vec<u8> = text
        .iter()
        .map(|byte| if *byte == b'+' { b' ' } else { *byte })
        .collect();
    Cow::Owned(percent_decode(&spaced).collect())
}

/// The parameters encoded and sorted.
pub(crate) fn query<'a>(parameters: impl Iterator<Item = &'a Parameter<'a>>) -> String {
    let encoded = |text: &[u8]| percent_encode(text, &ENCODED).to_string();
    let mut pairs: Vec<(String, String)> = parameters
        .map(|(name, value)| (encoded(name), encoded(value)))
        .collect();
    pairs.sort();
    let pairs = pairs.iter().map(|(name, value)| format!("{name}={value}"));
    pairs.collect::<Vec<_>>().join("&")
}

/// A line for each signed header.
pub(crate) fn headers(request: &Request<'_>, signed: &[&str]) -> Result<Vec<u8>, Refusal> {
    let mut lines = Vec::new();
    for name in signed {
        lines.extend_from_slice(name.as_bytes());
        let mut before = b':';
        for value in request.all(name) {
            lines.push(before);
            push_trimmed(&mut lines, value);
            before = b',';
        }
        if before == b':' {
            return Err(Refusal::InvalidSignature("A signed header did not come."));
        }
        lines.push(b'\n');
    }
    Ok(lines)
}

/// Without the space around it, and with one space for several.
fn push_trimmed(lines: &mut Vec<u8>, value: &[u8]) {
    let words = value.split(|byte| matches!(byte, b' ' | b'\r' | b'\n'));
    let words = words.filter(|word| !word.is_empty());
    lines.extend(words.collect::<Vec<_>>().join(&b' '));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_normalised_and_encoded_once_more() {
        for (raw, canonical) in [
            ("/", "/"),
            ("", "/"),
            ("/a//b/", "/a/b/"),
            ("/./a/../b", "/b"),
            ("/a/..", "/"),
            ("/../..", "/"),
            ("/a/b/..", "/a"),
            ("/a/./", "/a/"),
            ("/a%20b/~c:d", "/a%2520b/~c%3Ad"),
        ] {
            assert_eq!(path(raw.as_bytes(), true), canonical, "{raw}");
        }
        assert_eq!(path(b"/a//./b", false), "/a//./b");
    }

    #[test]
    fn a_query_is_sorted_by_what_is_sent_encoded() {
        for (raw, canonical) in [
            ("", ""),
            ("b=2&a=1", "a=1&b=2"),
            ("a", "a="),
            ("a=b=c", "a=b%3Dc"),
            ("a=1&&b=2", "a=1&b=2"),
            ("a=x+y", "a=x%20y"),
            ("a=%2a%zz", "a=%2A%25zz"),
        ] {
            assert_eq!(query(parameters(raw.as_bytes()).iter()), canonical, "{raw}");
        }
    }
}
