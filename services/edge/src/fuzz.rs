//! What holds of every request target and of every document, whatever is in them: called by the fuzzer with
//! inputs of its own, and by a test with those that are kept (`fuzz/corpus/path`, `fuzz/corpus/document`).

use std::sync::Arc;

use axum::{Router, body::Body, extract::Request};
use client::Upstream;
use futures::FutureExt;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri, header};
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};
use tower::ServiceExt;

use crate::{
    Config,
    call::Call,
    document::{self, Entry, Operations},
    middleware::{Before, Middleware},
    mock,
    operation::{Access, Operation},
    sanitise::{Sanitise, X_FORWARDED_HOST},
};

/// Sanitises a request: its target, then a header a line.
pub fn path(data: &[u8]) {
    let mut lines = data.split(|byte| *byte == b'\n');
    let target = lines.next().unwrap_or_default();
    let (Ok(target), Some(headers)) = (Uri::try_from(target), headers(lines)) else {
        return;
    };
    let Some((passed, call)) = sanitised(target.clone(), headers, 0) else {
        return;
    };
    assert_eq!(*passed.uri(), target, "what passes is not changed");
    has_one_meaning(target.path());
    let mut headers = passed.headers().clone();
    for unwanted in [
        header::CONNECTION,
        header::TRANSFER_ENCODING,
        header::FORWARDED,
    ] {
        assert!(!headers.contains_key(&unwanted), "{unwanted}");
    }

    // The next edge, which believes this one, understands the same. `Connection` may have named the host.
    headers.insert(header::HOST, headers[X_FORWARDED_HOST].clone());
    let again = sanitised(target, headers.clone(), 1);
    let (again, call_again) = again.expect("what has passed passes again");
    assert_eq!(*again.headers(), headers);
    assert_eq!(call_again.address, call.address);
}

fn headers<'a>(lines: impl Iterator<Item = &'a [u8]>) -> Option<HeaderMap> {
    let header = |line: &[u8]| {
        let colon = line.iter().position(|byte| *byte == b':')?;
        let name = HeaderName::from_bytes(&line[..colon]).ok()?;
        let value = HeaderValue::from_bytes(line[colon + 1..].trim_ascii()).ok()?;
        Some((name, value))
    };
    let mut headers = HeaderMap::new();
    for line in lines {
        let (name, value) = header(line)?;
        headers.append(name, value);
    }
    Some(headers)
}

/// What is let on, behind so many proxies.
fn sanitised(target: Uri, headers: HeaderMap, proxies: u8) -> Option<(Request, Call)> {
    let mut request = Request::new(Body::empty());
    *request.uri_mut() = target;
    *request.headers_mut() = headers;
    match (Sanitise { proxies }).before(request) {
        Before::Pass(request, ()) => {
            let call = Call::of(&request).clone();
            Some((request, call))
        }
        Before::Refuse(_) => None,
        Before::Wait(_) => unreachable!("it waits for nobody"),
    }
}

/// Whoever decodes before splitting, after it, or twice, finds the same segments, and none that leads elsewhere.
fn has_one_meaning(path: &str) {
    let decoded = |text: &str| percent_decode_str(text).collect::<Vec<u8>>();
    let whole = decoded(path);
    let mut segments = path.split('/').map(decoded);
    assert_eq!(segments.next().as_deref(), Some(&b""[..]), "{path}");
    assert_eq!(
        whole
            .split(|byte| *byte == b'/')
            .skip(1)
            .collect::<Vec<_>>(),
        segments.clone().collect::<Vec<_>>(),
        "{path}"
    );
    for segment in segments.clone() {
        let is_dots = segment == b"." || segment == b"..";
        let is_foreign = segment
            .iter()
            .any(|it| matches!(it, b'\\' | b'%' | 0..=0x1f | 0x7f));
        assert!(!is_dots && !is_foreign, "{path}");
    }
    let empty = segments.filter(|it| it.is_empty()).count();
    assert!(empty <= usize::from(path.ends_with('/')), "{path}");
}

/// Loads a service's document.
pub fn document(data: &[u8]) {
    let Ok(document) = serde_json::from_slice::<Value>(data) else {
        return;
    };
    let (once, twice) = (load(&document), load(&document));
    let (once, twice) = match (once, twice) {
        (Ok(once), Ok(twice)) => (once, twice),
        (Err(fault), Err(same)) => return assert_eq!(fault, same),
        _ => panic!("it loads one time and does not the other"),
    };
    assert_eq!(listed(&once), listed(&twice));
    let mut reachable = matchit::Router::new();
    for (template, methods) in &once {
        if reachable.insert(template, ()).is_err() {
            // Refused when the table is built.
            return;
        }
        for (method, operation) in methods {
            let described = &document["paths"][template][method.as_str().to_lowercase()];
            let security = described.get("security").unwrap_or(&document["security"]);
            assert_eq!(
                asks_for_identity(security),
                operation.access != Access::Public
            );
            answers_from_examples(&document, method, template);
        }
    }
    for path in [
        "/internal",
        "/internal/",
        "/internal/orders",
        "/internal/orders/7/lines",
    ] {
        assert!(reachable.at(path).is_err(), "{path} is reachable");
    }
    let merged = document::merge(&[("plants".to_owned(), document)]);
    let merged = merged["paths"].as_object().map_or(0, Map::len);
    assert_eq!(merged, once.len());
}

fn load(document: &Value) -> Result<Operations, String> {
    let entry = Entry {
        name: "plants".into(),
        document: document.clone(),
        upstream: Upstream::InProcess(Router::new()),
        minter: None,
    };
    let operations = document::operations(vec![entry], &Config::default(), None);
    operations.map_err(|fault| fault.to_string())
}

fn listed(operations: &Operations) -> Vec<(&str, &Method, &str, Arc<str>)> {
    let of = |(template, methods)| {
        let template: &String = template;
        let methods: &Vec<(Method, Arc<_>)> = methods;
        methods.iter().map(move |(method, operation)| {
            let operation: &Operation = operation;
            (
                template.as_str(),
                method,
                &*operation.id,
                operation.arn.clone(),
            )
        })
    };
    operations.iter().flat_map(of).collect()
}

fn asks_for_identity(security: &Value) -> bool {
    let mut schemes = security.as_array().into_iter().flatten();
    schemes.any(|schemes| schemes.as_object().is_some_and(|it| !it.is_empty()))
}

/// A mock of it has an answer, whatever its examples are.
fn answers_from_examples(document: &Value, method: &Method, template: &str) {
    let path = template.replace(['{', '}', '*'], "");
    let Ok(uri) = Uri::try_from(path) else {
        return;
    };
    let mut request = Request::new(Body::empty());
    *request.method_mut() = method.clone();
    *request.uri_mut() = uri;
    let answer = mock::app(document).oneshot(request).now_or_never();
    assert!(answer.is_some(), "a mock waits for nobody");
}

#[cfg(test)]
mod tests {
    use testkit::corpus::replay;

    #[test]
    fn targets_that_were_found_once_find_nothing_any_more() {
        replay("path", super::path);
    }

    #[test]
    fn documents_that_were_found_once_find_nothing_any_more() {
        replay("document", super::document);
    }
}
