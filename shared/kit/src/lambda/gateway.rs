//! Requests by Amazon API Gateway, which takes the edge's place: what the edge does for a service beside what
//! API Gateway does itself. A client's own words about who it is, where it is and how it came are dropped.

use axum::{extract::Request, response::Response};
use http::{HeaderMap, HeaderName, HeaderValue, header};

use super::{FunctionConfig, ProxyRequest, bad_request, caller};
use crate::{
    deadline::DEADLINE_HEADER,
    http::{Problem, kinds},
    identity::{CALLER_HEADER, Vouched},
    telemetry::REQUEST_ID,
};

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const X_FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// What a client may not say, and what ends at API Gateway.
const DROPPED: [HeaderName; 17] = [
    CALLER_HEADER,
    DEADLINE_HEADER,
    header::AUTHORIZATION,
    header::CONNECTION,
    header::EXPECT,
    header::FORWARDED,
    header::TE,
    header::TRAILER,
    header::UPGRADE,
    X_FORWARDED_FOR,
    X_FORWARDED_HOST,
    X_FORWARDED_PROTO,
    HeaderName::from_static("x-real-ip"),
    HeaderName::from_static("x-amz-content-sha256"),
    HeaderName::from_static("x-amz-date"),
    HeaderName::from_static("x-amz-security-token"),
    HeaderName::from_static("x-api-key"),
];

/// What a page of the shop may read of an answer.
const EXPOSED: HeaderValue = HeaderValue::from_static(
    "date,etag,link,location,retry-after,x-request-id,server-timing,x-amzn-errortype",
);

/// What every answer has, unless it says otherwise itself where that is allowed.
const PROTECTION: [(HeaderName, HeaderValue, MayDiffer); 5] = [
    (
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
        MayDiffer(false),
    ),
    (
        header::REFERRER_POLICY,
        HeaderValue::from_static("no-referrer"),
        MayDiffer(false),
    ),
    (
        header::CACHE_CONTROL,
        HeaderValue::from_static("no-store"),
        MayDiffer(true),
    ),
    (
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"),
        MayDiffer(true),
    ),
    // Pictures are shown by the site, which is another origin.
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        HeaderValue::from_static("cross-origin"),
        MayDiffer(true),
    ),
];

struct MayDiffer(bool);

/// The request for the service, with its caller.
pub(super) fn request(event: ProxyRequest, settings: &FunctionConfig) -> Result<Request, Problem> {
    let context = event.context.clone().unwrap_or_default();
    let resource = event.resource.clone();
    let mut request = event.into_request().map_err(bad_request)?;
    if resource.is_some_and(|resource| !fits(&resource, request.uri().path())) {
        return Err(kinds::BAD_REQUEST
            .problem()
            .detail("The path is ambiguous."));
    }
    let caller = caller::of(&context, settings)?;
    let headers = request.headers_mut();
    check_origin(headers, settings)?;
    let host = context
        .domain_name
        .and_then(|name| HeaderValue::try_from(name).ok());
    let host = host.or_else(|| headers.get(header::HOST).cloned());
    for name in &DROPPED {
        headers.remove(name);
    }
    let address = context.identity.source_ip.unwrap_or_default();
    let told = [
        (X_FORWARDED_FOR, HeaderValue::try_from(address).ok()),
        (X_FORWARDED_HOST, host),
        (X_FORWARDED_PROTO, Some(HeaderValue::from_static("https"))),
    ];
    for (name, value) in told {
        value.map(|value| headers.insert(name, value));
    }
    request.extensions_mut().insert(Vouched(caller));
    Ok(request)
}

/// A page of another origin may send a browser's cookie along without asking first.
fn check_origin(headers: &HeaderMap, settings: &FunctionConfig) -> Result<(), Problem> {
    let mut origins = headers.get_all(header::ORIGIN).iter();
    let is_foreign = origins.any(|origin| *origin != *settings.origin);
    match is_foreign && headers.contains_key(header::COOKIE) {
        true => Err(kinds::FOREIGN_ORIGIN.problem()),
        false => Ok(()),
    }
}

/// Whether a path is one of the document's. API Gateway and the service have to see the same one: what is
/// encoded for the one may have been decoded for the other.
fn fits(resource: &str, path: &str) -> bool {
    let (mut parts, mut own) = (resource.split('/'), path.split('/'));
    loop {
        match (parts.next(), own.next()) {
            (None, None) => return true,
            (Some(part), Some(own)) if part.starts_with('{') => {
                if own.is_empty() || own == "." || own == ".." {
                    return false;
                }
            }
            (Some(part), Some(own)) if part == own => {}
            _ => return false,
        }
    }
}

/// Adds what protects an answer, and lets the shop's pages read it.
pub(super) fn protect(
    answer: &mut Response,
    settings: &FunctionConfig,
    origin: Option<&str>,
    id: &str,
) {
    let headers = answer.headers_mut();
    for name in [CALLER_HEADER, DEADLINE_HEADER, header::CONNECTION] {
        headers.remove(name);
    }
    for (name, value, MayDiffer(may_differ)) in PROTECTION {
        if !may_differ || !headers.contains_key(&name) {
            headers.insert(name, value);
        }
    }
    if let Ok(id) = HeaderValue::try_from(id) {
        headers.insert(REQUEST_ID, id);
    }
    if settings.origin.is_empty() {
        return;
    }
    headers.append(header::VARY, HeaderValue::from_static("origin"));
    let own = origin.filter(|origin| *origin == settings.origin);
    if let Some(Ok(origin)) = own.map(HeaderValue::try_from) {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        let yes = HeaderValue::from_static("true");
        headers.insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, yes);
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_the_service_would_read_as_another_does_not_fit() {
        for (resource, path) in [
            ("/v1/products", "/v1/products"),
            ("/v1/orders/{id}", "/v1/orders/7"),
            ("/v1/orders/{id}/cancel", "/v1/orders/7/cancel"),
            ("/v1/products/{id}", "/v1/products/caf%C3%A9"),
        ] {
            assert!(fits(resource, path), "{resource} {path}");
        }
        for (resource, path) in [
            ("/v1/products/{id}", "/v1/products/7/image"),
            ("/v1/products/{id}", "/v1/products/.."),
            ("/v1/products/{id}", "/v1/products/"),
            ("/v1/products/{id}", "/v1/products"),
            ("/v1/products", "/v1/products/"),
            ("/v1/me", "/internal/me"),
        ] {
            assert!(!fits(resource, path), "{resource} {path}");
        }
    }
}
