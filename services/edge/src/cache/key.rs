//! What an answer depends on: the key that it is kept under, and the request that it is fetched by, which
//! has the same and nothing else. An input that is not in the key reaches no answer that others get.

use axum::{body::Body, extract::Request};
use http::header;
use http_body::Body as _;
use kit::telemetry::RequestId;

use super::rules::{Rules, Scope};
use crate::{
    call::{Call, Who},
    compress::{self, GZIP, IDENTITY},
    operation::Operation,
};

/// The key of the answer to this request. None where it may depend on more: on a body, on a parameter
/// that the document does not declare or that comes twice, on a token that cannot be verified now.
pub(crate) fn key(operation: &Operation, rules: &Rules, request: &Request) -> Option<Vec<u8>> {
    if !request.body().is_end_stream() {
        return None;
    }
    let path = request.uri().path();
    let mut key = Vec::with_capacity(128 + path.len());
    put(&mut key, operation.id.as_bytes());
    put(&mut key, &rules.shape);
    put(&mut key, &[operation.arm as u8]);
    put(&mut key, path.as_bytes());
    put(&mut key, &[accepts_gzip(operation, request).into()]);
    if rules.scope == Scope::Principal {
        match &Call::of(request).caller {
            Who::Nobody => put(&mut key, b""),
            Who::User(user) => {
                put(&mut key, user.subject.as_bytes());
                // Another token of theirs may be for less.
                put(&mut key, &[user.groups.len() as u8]);
                user.groups
                    .iter()
                    .for_each(|group| put(&mut key, group.as_bytes()));
            }
            Who::Unverified(_) => return None,
        }
    }
    put_query(&mut key, rules, request.uri().query())?;
    for name in &rules.headers {
        let values = request.headers().get_all(name);
        put(&mut key, &[values.iter().count() as u8]);
        values
            .iter()
            .for_each(|value| put(&mut key, value.as_bytes()));
    }
    Some(key)
}

/// In the document's order, as they are written: what is spelt otherwise has another entry.
fn put_query(key: &mut Vec<u8>, rules: &Rules, query: Option<&str>) -> Option<()> {
    let Some(query) = query else {
        return Some(());
    };
    let is = |pair: &str, name: &str| pair.split_once('=').map_or(pair, |(it, _)| it) == name;
    let mut known = 0;
    for declared in &rules.query {
        let mut given = query.split('&').filter(|pair| is(pair, declared));
        let pair = given.next();
        put(key, pair.unwrap_or_default().as_bytes());
        known += usize::from(pair.is_some());
    }
    // One that is not declared, or a second one.
    (query.split('&').count() == known).then_some(())
}

/// With its length, so that no two keys read alike.
fn put(key: &mut Vec<u8>, part: &[u8]) {
    key.extend((part.len() as u32).to_le_bytes());
    key.extend(part);
}

/// The request by which the answer is fetched.
pub(crate) fn fetch(operation: &Operation, rules: &Rules, request: &Request) -> Request {
    let mut fetch = Request::new(Body::empty());
    *fetch.uri_mut() = request.uri().clone();
    let headers = fetch.headers_mut();
    for name in &rules.headers {
        for value in request.headers().get_all(name) {
            headers.append(name, value.clone());
        }
    }
    if operation.compress {
        let coding = if accepts_gzip(operation, request) {
            GZIP
        } else {
            IDENTITY
        };
        headers.insert(header::ACCEPT_ENCODING, coding);
    }
    let mut call = Call::of(request).clone();
    if rules.scope == Scope::Public {
        call.caller = Who::Nobody;
        call.signature = None;
    }
    fetch.extensions_mut().insert(call);
    if let Some(id) = request.extensions().get::<RequestId>() {
        fetch.extensions_mut().insert(id.clone());
    }
    fetch
}

fn accepts_gzip(operation: &Operation, request: &Request) -> bool {
    operation.compress && compress::accepts_gzip(request.headers())
}
