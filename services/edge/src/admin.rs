//! The operations page, `/admin` on the admin port: what the edge serves and how, as JSON at `/admin/state`, and a page
//! drawn from that. For this machine, or with the access token of somebody of the staff.

mod samples;

use std::{collections::BTreeMap, net::IpAddr, sync::Arc};

use axum::{
    Json, Router,
    extract::{Request, State},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::get,
};
use http::{HeaderMap, HeaderValue, header, uri::Authority};
use jiff::Timestamp;
use kit::{
    http::{Problem, kinds},
    serve::Peer,
    telemetry,
};
use serde::Serialize;

use self::samples::{Sample, samples};
use crate::{
    Gateway, PlanConfig,
    decisions::Told,
    error::invalid_token,
    identify::bearer,
    keys::Refused,
    load::Priority,
    operation::{Access, Operation},
};

/// The page has its own script and style, and asks nobody else.
const PAGE_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
     frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
);

/// The group whose members may look.
const STAFF: &str = "staff";

/// Everything, at one moment.
#[derive(Serialize)]
struct Everything {
    at: Timestamp,
    /// The stage that is served; empty for the settings as they are.
    stage: String,
    stages: Vec<String>,
    canaries: Vec<CanaryView>,
    plans: BTreeMap<String, PlanConfig>,
    operations: Vec<OperationView>,
    cache: Option<CacheView>,
    /// The last requests, the latest first.
    decisions: Vec<Told>,
    /// What is measured: counters since the start, from which rates and latencies follow.
    metrics: Vec<Sample>,
}

#[derive(Serialize)]
struct CanaryView {
    service: String,
    url: String,
    percent: u32,
    /// Why it was rolled back, if it was.
    rolled_back: Option<String>,
}

#[derive(Serialize)]
struct CacheView {
    answers: u64,
    bytes: u64,
}

/// An operation and its settings.
#[derive(Serialize)]
struct OperationView {
    id: String,
    arn: String,
    path: String,
    service: String,
    /// `public`, `user`, or the groups whose members its document names.
    access: String,
    timeout_ms: u128,
    body_limit: usize,
    priority: Priority,
    retry: bool,
    stream: bool,
    validated: bool,
    throttle: Option<ThrottleView>,
    cache: Option<CacheRulesView>,
    purge: Vec<Arc<str>>,
}

#[derive(Serialize)]
struct ThrottleView {
    burst: u32,
    /// How long an empty bucket takes to fill.
    window_s: f64,
}

#[derive(Serialize)]
struct CacheRulesView {
    ttl_s: u64,
    public: bool,
    tags: Vec<Arc<str>>,
}

/// The page and its JSON.
pub(crate) fn app(gateway: &Arc<Gateway>) -> Router {
    let state = get(read_state).layer(middleware::from_fn_with_state(gateway.clone(), guard));
    Router::new()
        .route("/admin/state", state)
        .with_state(gateway.clone())
        .route(
            "/admin",
            get(|| page("text/html", include_str!("admin/page.html"))),
        )
        .route(
            "/admin/page.js",
            get(|| page("text/javascript", include_str!("admin/page.js"))),
        )
        .route(
            "/admin/page.css",
            get(|| page("text/css", include_str!("admin/page.css"))),
        )
}

async fn page(media: &'static str, text: &'static str) -> impl IntoResponse {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(media)),
        (header::CONTENT_SECURITY_POLICY, PAGE_POLICY),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
        (
            header::X_CONTENT_TYPE_OPTIONS,
            HeaderValue::from_static("nosniff"),
        ),
    ];
    (headers, text)
}

/// Lets this machine in, and staff.
async fn guard(State(gateway): State<Arc<Gateway>>, request: Request, next: Next) -> Response {
    let peer = request.extensions().get::<Peer>();
    let is_local = peer.is_some_and(|peer| peer.address.is_loopback());
    if is_local && names_this_machine(request.headers()) {
        return next.run(request).await;
    }
    let authorization = request.headers().get(header::AUTHORIZATION);
    let token = authorization.and_then(bearer);
    let Some(token) = token else {
        return kinds::SIGN_IN_REQUIRED.problem().into_response();
    };
    match gateway.issuers().verify(token).await {
        Ok(user) if user.groups.iter().any(|group| **group == *STAFF) => next.run(request).await,
        Ok(_) => kinds::STAFF_ONLY.problem().into_response(),
        Err(Refused::Token(why)) => invalid_token(why).into_response(),
        Err(Refused::NoKeys(fault)) => Problem::unavailable().because(fault).into_response(),
    }
}

/// A page of somebody else's, whose name was made to mean this machine (DNS rebinding), names itself.
fn names_this_machine(headers: &HeaderMap) -> bool {
    let host = headers.get(header::HOST);
    let host = host.and_then(|host| Authority::try_from(host.as_bytes()).ok());
    host.is_some_and(|host| {
        let name = host.host().trim_matches(['[', ']']);
        let address = name.parse::<IpAddr>();
        name == "localhost" || address.is_ok_and(|address| address.is_loopback())
    })
}

async fn read_state(State(gateway): State<Arc<Gateway>>) -> impl IntoResponse {
    let headers = [(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))];
    (headers, Json(everything(&gateway)))
}

fn everything(gateway: &Gateway) -> Everything {
    let table = gateway.table();
    let canaries = table.canaries.iter().map(|canary| CanaryView {
        service: canary.service.to_string(),
        url: canary.config.url.clone(),
        percent: canary.config.percent,
        rolled_back: canary.fault().map(str::to_owned),
    });
    Everything {
        at: Timestamp::now(),
        stage: table.config.stage.clone(),
        stages: table.config.stages.keys().cloned().collect(),
        canaries: canaries.collect(),
        plans: table.config.plans.clone(),
        operations: table.operations.iter().map(|it| view(it)).collect(),
        cache: gateway
            .kept()
            .map(|(answers, bytes)| CacheView { answers, bytes }),
        decisions: gateway.decisions().told(),
        metrics: samples(&telemetry::rendered()),
    }
}

fn view(operation: &Operation) -> OperationView {
    let access = match &operation.access {
        Access::Public => "public".to_owned(),
        Access::User => "user".to_owned(),
        Access::Groups(groups) => groups.join(", "),
    };
    let cache = operation.cache.as_ref();
    OperationView {
        id: operation.id.to_string(),
        arn: operation.arn.to_string(),
        path: operation.template.to_string(),
        service: operation.target.name.to_string(),
        access,
        timeout_ms: operation.timeout.as_millis(),
        body_limit: operation.body_limit,
        priority: operation.priority,
        retry: operation.retry,
        stream: operation.stream,
        validated: operation.rules.is_some(),
        throttle: operation.limit.as_ref().map(|limit| ThrottleView {
            burst: limit.burst,
            window_s: limit.window().as_secs_f64(),
        }),
        cache: cache.map(|rules| CacheRulesView {
            ttl_s: rules.ttl.as_secs(),
            public: rules.is_public(),
            tags: rules.tags.clone(),
        }),
        purge: operation.purge.clone(),
    }
}
