//! Outermost. Gives every request its id and its place in a trace, and every answer its times;
//! counts; writes one log line. No personal data: paths are recorded as templates, users and
//! addresses not at all.

use std::{
    sync::{Arc, OnceLock},
    time::{Duration, Instant},
};

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use http::{HeaderValue, StatusCode};
use kit::{
    telemetry::{InFlight, REQUEST_ID, RequestId, append_timing, class, known, name_instance},
    trace::{self, Kind, Span, TRACESTATE, Trace},
};
use metrics::{Gauge, Histogram, SharedString, gauge, histogram};
use uuid::Uuid;

use crate::{Gateway, document::Operation, forward::IntegrationTime};

/// What is measured of one operation. A handle is found once and then kept: looking it up again
/// would cost more than the measurement.
pub(crate) struct Meters {
    name: SharedString,
    seconds: [OnceLock<Histogram>; 5],
    integration: OnceLock<Histogram>,
}

impl Meters {
    pub(crate) fn new(operation: &str) -> Self {
        Self {
            name: Arc::<str>::from(operation).into(),
            seconds: Default::default(),
            integration: OnceLock::new(),
        }
    }

    fn record(&self, status: StatusCode, whole: Duration, integration: Option<Duration>) {
        let name = || self.name.clone();
        let hundreds = usize::from(status.as_u16() / 100).clamp(1, 5);
        let seconds = self.seconds[hundreds - 1].get_or_init(
            || histogram!("edge_request_seconds", "operation" => name(), "class" => class(status)),
        );
        seconds.record(whole);
        if let Some(integration) = integration {
            let seconds = self
                .integration
                .get_or_init(|| histogram!("edge_integration_seconds", "operation" => name()));
            seconds.record(integration);
        }
    }
}

/// Requests under way, in all.
pub(crate) fn in_flight() -> Gauge {
    gauge!("edge_in_flight")
}

pub(crate) async fn record(
    State(gateway): State<Arc<Gateway>>,
    mut request: Request,
    next: Next,
) -> Response {
    let parent = Trace::of(request.headers());
    if parent.is_none() {
        // It speaks of a trace that nobody knows (W3C Trace Context §4.3).
        request.headers_mut().remove(TRACESTATE);
    }
    // Until the route is known; the method alone says little.
    let span = Span::start("edge", Kind::Server, parent, || "unmatched");
    let at = span.trace();
    trace::within(Some(at), recorded(&gateway, span, request, next)).await
}

async fn recorded(gateway: &Gateway, mut span: Span, mut request: Request, next: Next) -> Response {
    let started = Instant::now();
    let _in_flight = InFlight::enter(gateway.in_flight.clone());
    let id = request
        .headers_mut()
        .remove(REQUEST_ID)
        .filter(is_well_formed)
        .unwrap_or_else(new_id);
    request.extensions_mut().insert(RequestId(id.clone()));
    let method = request.method().clone();

    let response = next.run(request).await;

    let id_text = id.to_str().unwrap_or_default();
    let mut response = name_instance(response, "edge", id_text);
    let whole = started.elapsed();
    let integration = response
        .extensions_mut()
        .remove::<IntegrationTime>()
        .map(|time| time.0);
    let operation = response.extensions_mut().remove::<Arc<Operation>>();
    append_timing(
        &mut response,
        "edge",
        whole.saturating_sub(integration.unwrap_or_default()),
    );
    response.headers_mut().insert(REQUEST_ID, id.clone());

    let status = response.status();
    let (meters, template) = match &operation {
        Some(operation) => (&operation.meters, operation.template.as_str()),
        None => (&gateway.unmatched, ""),
    };
    meters.record(status, whole, integration);
    if let Some(operation) = &operation {
        span.rename(|| operation.id.clone());
        span.set("http.route", operation.template.clone());
    }
    span.set("http.request.method", known(&method));
    span.answered(status);
    tracing::info!(
        request_id = id_text,
        method = known(&method),
        route = template,
        status = status.as_u16(),
        ms = whole.as_secs_f64() * 1e3,
        "answered"
    );
    response
}

/// Ids of clients are kept when they cannot hurt a log: 8 to 64 letters, digits and hyphens.
fn is_well_formed(id: &HeaderValue) -> bool {
    let bytes = id.as_bytes();
    (8..=64).contains(&bytes.len())
        && bytes
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-')
}

fn new_id() -> HeaderValue {
    HeaderValue::try_from(Uuid::now_v7().to_string()).expect("a UUID is visible ASCII")
}
