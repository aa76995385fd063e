//! Cross-origin calls (WHATWG Fetch, CORS): the site lives on another origin, and its visitors
//! bring a cookie. What may be called is for the rest of the stack to say: a preflight is limited,
//! and refused where there is nothing, as the call itself would be.

use std::{
    convert::Infallible,
    task::{Context, Poll},
    time::Duration,
};

use axum::{body::Body, extract::Request, response::Response};
use futures::future::{BoxFuture, Either};
use http::{HeaderName, HeaderValue, Method, Uri, header};
use kit::{
    telemetry::{REQUEST_ID, SERVER_TIMING},
    trace::{TRACEPARENT, TRACESTATE},
};
use tower::{Layer, Service};
use tower_http::cors::{AllowOrigin, Cors, CorsLayer};

use crate::{
    BadSetting, Config,
    deprecation::{DEPRECATION, SUNSET},
    error::ERROR_TYPE,
    signature::SIGNATURE_HEADERS,
    told::{RATELIMIT, RATELIMIT_POLICY},
};

/// What a page may send, beside what a signature needs.
const ALLOWED: [HeaderName; 9] = [
    header::ACCEPT,
    header::CONTENT_TYPE,
    header::IF_MATCH,
    header::IF_NONE_MATCH,
    HeaderName::from_static("idempotency-key"),
    HeaderName::from_static("last-event-id"),
    REQUEST_ID,
    TRACEPARENT,
    TRACESTATE,
];

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

pub(crate) fn layer(origins: &[HeaderValue]) -> CrossOrigin {
    let cors = CorsLayer::new()
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
        .allow_headers([&ALLOWED[..], &SIGNATURE_HEADERS].concat())
        .expose_headers([
            // By which a client that signs sets its clock.
            header::DATE,
            header::ETAG,
            header::LINK,
            header::LOCATION,
            header::RETRY_AFTER,
            RATELIMIT,
            RATELIMIT_POLICY,
            DEPRECATION,
            SUNSET,
            ERROR_TYPE,
            REQUEST_ID,
            SERVER_TIMING,
        ])
        .max_age(Duration::from_secs(600));
    CrossOrigin(cors)
}

/// tower-http's layer, but for `OPTIONS`, which it would answer without asking anybody.
#[derive(Clone)]
pub(crate) struct CrossOrigin(CorsLayer);

/// The rest of a stack behind it.
#[derive(Clone)]
pub(crate) struct Shared<S> {
    cors: Cors<S>,
    rest: S,
}

impl<S: Clone> Layer<S> for CrossOrigin {
    type Service = Shared<S>;

    fn layer(&self, rest: S) -> Shared<S> {
        let cors = self.0.layer(rest.clone());
        Shared { cors, rest }
    }
}

type Answer = Result<Response, Infallible>;

impl<S> Service<Request> for Shared<S>
where
    S: Service<Request, Response = Response, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Either<<Cors<S> as Service<Request>>::Future, BoxFuture<'static, Answer>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.cors.poll_ready(context)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        if request.method() != Method::OPTIONS {
            return Either::Left(self.cors.call(request));
        }
        let mut preflight = Request::new(Body::empty());
        *preflight.method_mut() = Method::OPTIONS;
        *preflight.headers_mut() = request.headers().clone();
        let mut cors = self.cors.clone();
        let answer = self.rest.call(request);
        Either::Right(Box::pin(async move {
            let mut answer = answer.await?;
            if answer.status().is_success() {
                let allowed = cors.call(preflight).await?.into_parts().0.headers;
                answer.headers_mut().extend(allowed);
            }
            Ok(answer)
        }))
    }
}
