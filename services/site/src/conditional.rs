//! Conditional requests and ranges (RFC 9110, sections 13 and 14).

use std::{ops::Range, time::SystemTime};

use http::{HeaderMap, Method, header};
use jiff::{
    Timestamp,
    fmt::rfc2822::{DateTimeParser, DateTimePrinter},
};

/// What makes one version of a file recognisable.
pub(crate) struct Validators<'a> {
    /// The strong entity tag, quoted.
    pub(crate) etag: &'a str,
    /// When it was last written.
    pub(crate) modified: SystemTime,
}

/// What a client that has something already is to be sent.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// All of it: 200.
    Whole,
    /// These bytes: 206.
    Part(Range<u64>),
    /// Nothing, what it has is right: 304.
    NotModified,
    /// Nothing, it asked for another version: 412.
    Failed,
    /// Nothing, it asked for bytes past the end: 416.
    NotSatisfiable,
}

/// Evaluates the preconditions in the order of RFC 9110, 13.2.2, then the range.
/// A list of ranges is answered with all of the file, as the RFC allows.
pub(crate) fn answer(
    method: &Method,
    headers: &HeaderMap,
    validators: &Validators<'_>,
    length: u64,
) -> Answer {
    let modified = seconds(validators.modified);
    let since = |name| text(headers, name).and_then(date);
    if headers.contains_key(header::IF_MATCH) {
        if !names(headers, header::IF_MATCH, validators.etag, false) {
            return Answer::Failed;
        }
    } else if since(header::IF_UNMODIFIED_SINCE).is_some_and(|date| modified > date) {
        return Answer::Failed;
    }
    if headers.contains_key(header::IF_NONE_MATCH) {
        if names(headers, header::IF_NONE_MATCH, validators.etag, true) {
            return Answer::NotModified;
        }
    } else if since(header::IF_MODIFIED_SINCE).is_some_and(|date| modified <= date) {
        return Answer::NotModified;
    }
    let range = text(headers, header::RANGE).filter(|_| *method == Method::GET);
    match range {
        Some(range) if still_same(headers, validators) => part(range, length),
        _ => Answer::Whole,
    }
}

/// A time as HTTP writes it: `Sun, 06 Nov 1994 08:49:37 GMT`.
pub(crate) fn http_date(time: SystemTime) -> Option<String> {
    let time = Timestamp::try_from(time).ok()?;
    DateTimePrinter::new()
        .timestamp_to_rfc9110_string(&time)
        .ok()
}

fn names(headers: &HeaderMap, name: header::HeaderName, etag: &str, weak: bool) -> bool {
    headers
        .get_all(name)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .any(|tag| {
            let tag = if weak {
                tag.strip_prefix("W/").unwrap_or(tag)
            } else {
                tag
            };
            tag == "*" || tag == etag
        })
}

/// Whether the part that is asked for belongs to this version (`If-Range`).
fn still_same(headers: &HeaderMap, validators: &Validators<'_>) -> bool {
    match headers.get(header::IF_RANGE).map(|value| value.to_str()) {
        None => true,
        Some(Ok(value)) if value.starts_with('"') => value == validators.etag,
        Some(Ok(value)) => date(value) == Some(seconds(validators.modified)),
        Some(Err(_)) => false,
    }
}

fn part(range: &str, length: u64) -> Answer {
    let Some((first, last)) = range
        .strip_prefix("bytes=")
        .and_then(|range| range.trim().split_once('-'))
    else {
        return Answer::Whole;
    };
    let range = match (number(first), number(last)) {
        (Some(first), Some(last)) if first <= last => first..last.saturating_add(1).min(length),
        (Some(first), None) if last.is_empty() => first..length,
        (None, Some(last)) if first.is_empty() => length.saturating_sub(last)..length,
        _ => return Answer::Whole,
    };
    match range.start < range.end {
        true => Answer::Part(range),
        false => Answer::NotSatisfiable,
    }
}

fn number(digits: &str) -> Option<u64> {
    let only_digits = digits.bytes().all(|byte| byte.is_ascii_digit());
    only_digits.then(|| digits.parse().ok()).flatten()
}

fn text(headers: &HeaderMap, name: header::HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok()
}

fn date(text: &str) -> Option<i64> {
    let date = DateTimeParser::new().parse_timestamp(text).ok()?;
    Some(date.as_second())
}

/// HTTP dates have no fractions.
fn seconds(time: SystemTime) -> i64 {
    Timestamp::try_from(time).map_or(0, |time| time.as_second())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const DATE: &str = "Sun, 06 Nov 1994 08:49:37 GMT";
    const LATER: &str = "Sun, 06 Nov 1994 08:49:38 GMT";
    const EARLIER: &str = "Sun, 06 Nov 1994 08:49:36 GMT";

    fn asked(headers: &[(header::HeaderName, &str)]) -> Answer {
        let validators = Validators {
            etag: "\"a\"",
            modified: SystemTime::UNIX_EPOCH + Duration::from_millis(784_111_777_500),
        };
        let headers = headers
            .iter()
            .map(|(name, value)| (name.clone(), value.parse().unwrap()));
        answer(&Method::GET, &headers.collect(), &validators, 10)
    }

    #[test]
    fn dates_are_written_as_http_does() {
        let time = SystemTime::UNIX_EPOCH + Duration::from_millis(784_111_777_500);

        assert_eq!(http_date(time).as_deref(), Some(DATE));
    }

    #[test]
    fn the_tag_goes_before_the_date() {
        use header::{IF_MODIFIED_SINCE as SINCE, IF_NONE_MATCH as NONE};

        assert_eq!(asked(&[(NONE, "\"a\"")]), Answer::NotModified);
        assert_eq!(asked(&[(NONE, "\"b\", W/\"a\"")]), Answer::NotModified);
        assert_eq!(asked(&[(NONE, "*")]), Answer::NotModified);
        assert_eq!(asked(&[(NONE, "\"b\""), (SINCE, DATE)]), Answer::Whole);
        assert_eq!(asked(&[(SINCE, DATE)]), Answer::NotModified);
        assert_eq!(asked(&[(SINCE, EARLIER)]), Answer::Whole);
        assert_eq!(asked(&[(SINCE, "yesterday")]), Answer::Whole);
    }

    #[test]
    fn another_version_fails_the_precondition() {
        use header::{IF_MATCH, IF_UNMODIFIED_SINCE};

        assert_eq!(asked(&[(IF_MATCH, "\"b\"")]), Answer::Failed);
        assert_eq!(asked(&[(IF_MATCH, "W/\"a\"")]), Answer::Failed);
        assert_eq!(asked(&[(IF_MATCH, "\"a\"")]), Answer::Whole);
        assert_eq!(asked(&[(IF_UNMODIFIED_SINCE, EARLIER)]), Answer::Failed);
        assert_eq!(asked(&[(IF_UNMODIFIED_SINCE, LATER)]), Answer::Whole);
    }

    #[test]
    fn one_range_is_cut_to_the_file_and_nonsense_is_ignored() {
        for (range, expected) in [
            ("bytes=0-3", Answer::Part(0..4)),
            ("bytes=9-", Answer::Part(9..10)),
            ("bytes=-3", Answer::Part(7..10)),
            ("bytes=-99", Answer::Part(0..10)),
            ("bytes=5-99", Answer::Part(5..10)),
            ("bytes=0-18446744073709551615", Answer::Part(0..10)),
            ("bytes=10-", Answer::NotSatisfiable),
            ("bytes=10-12", Answer::NotSatisfiable),
            ("bytes=-0", Answer::NotSatisfiable),
            ("bytes=3-2", Answer::Whole),
            ("bytes=-", Answer::Whole),
            ("bytes=+1-2", Answer::Whole),
            ("bytes=0-1,3-4", Answer::Whole),
            ("lines=0-1", Answer::Whole),
        ] {
            assert_eq!(asked(&[(header::RANGE, range)]), expected, "{range}");
        }
    }

    #[test]
    fn a_range_of_another_version_is_answered_with_all() {
        use header::{IF_RANGE, RANGE};

        let range = (RANGE, "bytes=0-3");
        assert_eq!(
            asked(&[range.clone(), (IF_RANGE, "\"a\"")]),
            Answer::Part(0..4)
        );
        assert_eq!(
            asked(&[range.clone(), (IF_RANGE, DATE)]),
            Answer::Part(0..4)
        );
        assert_eq!(asked(&[range.clone(), (IF_RANGE, "\"b\"")]), Answer::Whole);
        assert_eq!(
            asked(&[range.clone(), (IF_RANGE, "W/\"a\"")]),
            Answer::Whole
        );
        assert_eq!(asked(&[range, (IF_RANGE, LATER)]), Answer::Whole);
    }
}
