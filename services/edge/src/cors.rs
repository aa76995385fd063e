//! Cross-origin calls (WHATWG Fetch, CORS): the site lives on another origin, and its visitors
//! bring a cookie.

use std::time::Duration;

use http::{HeaderName, HeaderValue, Method, header};
use kit::telemetry::{REQUEST_ID, SERVER_TIMING};
use tower_http::cors::{AllowOrigin, CorsLayer};

use crate::Config;

pub(crate) fn layer(config: &Config) -> CorsLayer {
    let origins = config
        .origins
        .iter()
        .filter_map(|origin| HeaderValue::try_from(origin).ok());
    CorsLayer::new()
        .allow_origin(AllowOrigin::list(origins))
        .allow_credentials(true)
        .allow_methods([
            Method::GET,
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
