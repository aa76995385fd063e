//! Cross-origin calls (WHATWG Fetch, CORS): the site lives on another origin, and its visitors
//! bring a cookie.

use std::time::Duration;

use http::{HeaderName, HeaderValue, Method, Uri, header};
use kit::telemetry::{REQUEST_ID, SERVER_TIMING};
use tower_http::cors::{AllowOrigin, CorsLayer};

use crate::{BadSetting, Config};

/// The origins of the settings, each as a browser writes it (RFC 6454 §6.2).
pub(crate) fn origins(config: &Config) -> Result<Vec<HeaderValue>, BadSetting> {
    let origins = config.origins.iter().map(|origin| {
        let value = HeaderValue::try_from(origin).ok();
        value.filter(|_| is_origin(origin)).ok_or_else(|| {
            let expected = "expected http:// or https://, a host in lower case, and a port or none";
            BadSetting(format!("origins: {expected}, not `{origin}`"))
        })
    });
    origins.collect()
}

fn is_origin(text: &str) -> bool {
    let Ok(uri) = text.parse::<Uri>() else {
        return false;
    };
    let (Some(scheme @ ("http" | "https")), Some(authority)) = (uri.scheme_str(), uri.authority())
    else {
        return false;
    };
    let exact = format!("{scheme}://{authority}").to_ascii_lowercase();
    exact == text && !text.contains(['@', '*'])
}

pub(crate) fn layer(origins: &[HeaderValue]) -> CorsLayer {
    CorsLayer::new()
        .allow_origin(AllowOrigin::list(origins.iter().cloned()))
        .allow_credentials(true)
        .allow_methods([
            Method::GET,
            Method::HEAD,
            Method::POST,
            Method::PUT,
            Method::PATCH,
            Method::DELETE,
        ])
        .allow_headers([
            header::ACCEPT,
            header::AUTHORIZATION,
            header::CONTENT_TYPE,
            header::IF_MATCH,
            header::IF_NONE_MATCH,
            HeaderName::from_static("idempotency-key"),
            HeaderName::from_static("last-event-id"),
            REQUEST_ID,
        ])
        .expose_headers([
            header::ETAG,
            header::LOCATION,
            header::RETRY_AFTER,
            REQUEST_ID,
            SERVER_TIMING,
        ])
        .max_age(Duration::from_secs(600))
}
