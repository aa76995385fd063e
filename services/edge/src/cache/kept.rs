//! Which answers are kept, and for how long (RFC 9111 §3, §4.2, §5.2.2): those that a shared cache may
//! keep, as far as the document lets it.

use std::time::Duration;

use axum::{
    body::{Body, Bytes},
    response::Response,
};
use futures::{StreamExt, TryStreamExt, stream};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header, response::Parts};
use http_body::Body as _;
use kit::telemetry::SERVER_TIMING;
use tokio::time::Instant;

use super::rules::Rules;
use crate::{conditional, forward::ADDED_TO_ANSWERS};

/// The largest body that is kept, in bytes.
const LARGEST: usize = 1024 * 1024;

/// What an entry takes beside its bytes, about.
const OVERHEAD: usize = 512;

/// An answer that is kept, as it goes out.
#[derive(Debug)]
pub(crate) struct Kept {
    head: HeaderMap,
    body: Bytes,
    made: Instant,
    /// How old it was then.
    age: Duration,
    pub(crate) lifetime: Lifetime,
    pub(crate) generation: u64,
}

/// How long an answer is good for what, from when it was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Lifetime {
    fresh: Duration,
    while_revalidate: Duration,
    if_error: Duration,
}

/// What a kept answer is good for now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Fresh,
    /// To be answered while another is fetched.
    WhileRevalidating,
    /// To be answered when no other can be had.
    IfError,
    Over,
}

impl Kept {
    pub(crate) fn new(head: &HeaderMap, body: &[u8], lifetime: Lifetime, generation: u64) -> Self {
        let age = Duration::from_secs(seconds(head.get(header::AGE)).unwrap_or(0));
        // Of the one fetch that it came by.
        let is_passing = |name: &HeaderName| [SERVER_TIMING, header::AGE].contains(name);
        // Copies: what came by a connection is a part of all that was read with it, and would keep that.
        let mut own = HeaderMap::with_capacity(head.len());
        for (name, value) in head.iter().filter(|(name, _)| !is_passing(name)) {
            let value = HeaderValue::from_bytes(value.as_bytes());
            own.append(name, value.expect("it is one already"));
        }
        Self {
            head: own,
            body: Bytes::copy_from_slice(body),
            made: Instant::now(),
            age,
            lifetime,
            generation,
        }
    }

    pub(crate) fn state(&self) -> State {
        let age = self.made.elapsed();
        let Lifetime {
            fresh,
            while_revalidate,
            if_error,
        } = self.lifetime;
        match age {
            _ if age < fresh => State::Fresh,
            _ if age < fresh + while_revalidate => State::WhileRevalidating,
            _ if age < fresh + if_error => State::IfError,
            _ => State::Over,
        }
    }

    /// Whether a failure may be answered with it.
    pub(crate) fn hides_failures(&self) -> bool {
        let Lifetime {
            fresh, if_error, ..
        } = self.lifetime;
        self.made.elapsed() < fresh + if_error
    }

    /// The answer to a client that brings these headers.
    pub(crate) fn answer(&self, request: &HeaderMap) -> Response {
        let is_known = conditional::is_known(&self.head, request.get_all(header::IF_NONE_MATCH));
        let mut answer = Response::new(match is_known {
            true => Body::empty(),
            false => Body::from(self.body.clone()),
        });
        *answer.headers_mut() = self.head.clone();
        answer.headers_mut().reserve(ADDED_TO_ANSWERS);
        let age = (self.age + self.made.elapsed()).as_secs();
        answer.headers_mut().insert(header::AGE, age.into());
        match is_known {
            true => conditional::not_modified(answer),
            false => answer,
        }
    }

    /// What it takes to keep it under this key, in bytes.
    pub(crate) fn weight(&self, key: &[u8]) -> u32 {
        let head = self.head.iter();
        let head = head.map(|(name, value)| name.as_str().len() + value.len());
        let all = OVERHEAD + key.len() + self.body.len() + head.sum::<usize>();
        u32::try_from(all).unwrap_or(u32::MAX)
    }
}

impl Lifetime {
    /// How long this answer may be kept by these rules; none if it must not be. Nothing but 200 is: a
    /// failure that is kept is a longer failure.
    pub(crate) fn of(status: StatusCode, head: &HeaderMap, rules: &Rules) -> Option<Self> {
        if status != StatusCode::OK
            || head.contains_key(header::SET_COOKIE)
            || head.contains_key(header::CONTENT_RANGE)
            || !varies_by_the_key(head, rules)
        {
            return None;
        }
        let (mut shared, mut general, mut may_be_stale) = (None, None, true);
        for (name, value) in directives(head) {
            match name.to_ascii_lowercase().as_str() {
                "private" | "no-store" | "no-cache" => return None,
                // What cannot be read is no permission.
                "s-maxage" => shared = Some(value.parse().unwrap_or(0)),
                "max-age" => general = Some(value.parse().unwrap_or(0)),
                "must-revalidate" | "proxy-revalidate" => may_be_stale = false,
                _ => {}
            }
        }
        let told = shared.or(general);
        if told.is_none() && head.contains_key(header::EXPIRES) {
            return None;
        }
        let told = told.map_or(rules.ttl, Duration::from_secs).min(rules.ttl);
        let age = Duration::from_secs(seconds(head.get(header::AGE)).unwrap_or(0));
        let fresh = told.checked_sub(age).filter(|left| !left.is_zero())?;
        let stale = |time: Duration| if may_be_stale { time } else { Duration::ZERO };
        Some(Self {
            fresh,
            while_revalidate: stale(rules.while_revalidate),
            if_error: stale(rules.if_error),
        })
    }

    /// After how long it is good for nothing.
    pub(crate) fn whole(&self) -> Duration {
        self.fresh + self.while_revalidate.max(self.if_error)
    }
}

/// An answer that may be kept, once it is read.
pub(crate) enum Read {
    Whole(Parts, Bytes),
    /// It is larger than what is kept, and goes on as it came.
    Large(Response),
}

/// Reads an answer to its end, unless it is too large.
pub(crate) async fn read(answer: Response) -> Result<Read, axum::Error> {
    let exact = answer.body().size_hint().exact();
    if exact.is_some_and(|length| length > LARGEST as u64) {
        return Ok(Read::Large(answer));
    }
    let (head, body) = answer.into_parts();
    let mut rest = body.into_data_stream();
    let (mut parts, mut length) = (Vec::new(), 0);
    while let Some(part) = rest.try_next().await? {
        length += part.len();
        parts.push(part);
        if length > LARGEST {
            let read = stream::iter(parts).map(Ok);
            let body = Body::from_stream(read.chain(rest));
            return Ok(Read::Large(Response::from_parts(head, body)));
        }
    }
    let body = match parts.len() {
        1 => parts.remove(0),
        _ => parts.concat().into(),
    };
    Ok(Read::Whole(head, body))
}

/// Whether all that the answer depends on is part of the key. Each coding has an entry of its own.
fn varies_by_the_key(head: &HeaderMap, rules: &Rules) -> bool {
    let in_key = |name: &str| {
        let name = HeaderName::from_bytes(name.as_bytes());
        name.is_ok_and(|name| name == header::ACCEPT_ENCODING || rules.headers.contains(&name))
    };
    let lines = head.get_all(header::VARY).iter();
    let mut names = lines.flat_map(|line| line.to_str().unwrap_or("*").split(','));
    names.all(|name| in_key(name.trim()))
}

/// The directives of `Cache-Control`, each with its value.
pub(crate) fn directives(head: &HeaderMap) -> impl Iterator<Item = (&str, &str)> {
    let lines = head.get_all(header::CACHE_CONTROL).into_iter();
    // A line that is no text might forbid anything.
    let members = lines.flat_map(|line| line.to_str().unwrap_or("no-store").split(','));
    members.map(|member| {
        let (name, value) = member.split_once('=').unwrap_or((member, ""));
        (name.trim(), value.trim().trim_matches('"'))
    })
}

fn seconds(value: Option<&HeaderValue>) -> Option<u64> {
    value?.to_str().ok()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_holds_on_to_nothing_that_was_read_beside_it() {
        let read = Bytes::from(vec![b'a'; 64 * 1024]);
        let tag = HeaderValue::from_maybe_shared(read.slice(..4)).unwrap();
        let head = HeaderMap::from_iter([(header::ETAG, tag)]);
        let lifetime = Lifetime {
            fresh: Duration::ZERO,
            while_revalidate: Duration::ZERO,
            if_error: Duration::ZERO,
        };

        let kept = Kept::new(&head, &read.slice(..8), lifetime, 0);
        drop(head);

        assert!(read.is_unique());
        assert_eq!(kept.head[header::ETAG], "aaaa");
        assert_eq!(kept.body, "aaaaaaaa");
    }
}
