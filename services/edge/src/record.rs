//! Outermost. Gives every request its id and its trace, and every answer its times; counts; writes
//! one log line. No personal data: paths are recorded as templates, users and addresses not at all.
//!
//! tower-http's request-id layers keep whatever a client sends; here it has to be harmless in a log.

use std::{sync::Arc, time::Instant};

use axum::{extract::Request, response::Response};
use http::{HeaderValue, Method};
use jiff::Timestamp;
use kit::{
    telemetry::{InFlight, REQUEST_ID, RequestId, append_timing, known, name_instance},
    trace::{self, Kind, Span, TRACESTATE, Trace},
};
use metrics::Gauge;
use uuid::Uuid;

use crate::{
    call::IntegrationTime,
    decisions::{Decision, Decisions, Refusal},
    meters::{self, Meters},
    middleware::{Before, Middleware},
    operation::Operation,
};

/// How many headers a request gets on its way: id, trace, caller, deadline, what proxies tell.
const ADDED_TO_REQUESTS: usize = 8;

/// Records requests.
#[derive(Clone)]
pub(crate) struct Record {
    in_flight: Gauge,
    unmatched: Arc<Meters>,
    pub(crate) decisions: Arc<Decisions>,
}

/// What is known of a request before its answer.
pub(crate) struct Begun {
    id: HeaderValue,
    method: Method,
    started: Instant,
    span: Span,
    unmatched: Arc<Meters>,
    decisions: Arc<Decisions>,
    _in_flight: InFlight,
}

impl Record {
    pub(crate) fn new() -> Self {
        Self {
            in_flight: meters::in_flight(),
            unmatched: Arc::new(Meters::new("unmatched")),
            decisions: Arc::default(),
        }
    }
}

impl Middleware for Record {
    type Kept = Begun;

    fn before(&self, mut request: Request) -> Before<Begun> {
        let started = Instant::now();
        let parent = Trace::of(request.headers());
        if parent.is_none() {
            // It speaks of a trace that nobody knows (W3C Trace Context §4.3).
            request.headers_mut().remove(TRACESTATE);
        }
        // Of the layers inside: room is made once.
        request.headers_mut().reserve(ADDED_TO_REQUESTS);
        // It stays where it is, because it may be signed; `forward` sets it for the service.
        let id = request.headers().get(REQUEST_ID).cloned();
        let id = id.filter(is_well_formed).map_or_else(new_id, copied);
        request.extensions_mut().insert(RequestId(id.clone()));
        let begun = Begun {
            id,
            method: request.method().clone(),
            started,
            // Until the route is known; the method alone says little.
            span: Span::start("edge", Kind::Server, parent, || "unmatched"),
            unmatched: self.unmatched.clone(),
            decisions: self.decisions.clone(),
            _in_flight: InFlight::enter(self.in_flight.clone()),
        };
        Before::Pass(request, begun)
    }

    fn within<T>(begun: &Begun, work: impl FnOnce() -> T) -> T {
        trace::within_sync(Some(begun.span.trace()), work)
    }

    fn after(begun: Begun, answer: Response) -> Response {
        trace::within_sync(Some(begun.span.trace()), || begun.end(answer))
    }
}

impl Begun {
    fn end(mut self, answer: Response) -> Response {
        let id_text = self.id.to_str().unwrap_or_default();
        let refusal = Refusal::of(&answer);
        let mut answer = name_instance(answer, "edge", id_text);
        let whole = self.started.elapsed();
        let noted = answer.extensions_mut();
        let integration = noted.remove::<IntegrationTime>().map(|time| time.0);
        let operation = noted.remove::<Arc<Operation>>();
        let own = whole.saturating_sub(integration.unwrap_or_default());
        append_timing(&mut answer, "edge", own);
        answer.headers_mut().insert(REQUEST_ID, self.id.clone());

        let status = answer.status();
        let (meters, template) = match &operation {
            Some(operation) => (&operation.meters, &*operation.template),
            None => (&*self.unmatched, ""),
        };
        meters.record(status, whole, integration);
        if let Some(operation) = &operation {
            self.span.rename(|| operation.id.to_string());
            self.span.set("http.route", operation.template.clone());
        }
        self.span.set("http.request.method", known(&self.method));
        self.span.answered(status);
        tracing::info!(
            request_id = id_text,
            method = known(&self.method),
            route = template,
            status = status.as_u16(),
            ms = whole.as_secs_f64() * 1e3,
            "answered"
        );
        self.decisions.note(Decision {
            at: Timestamp::now(),
            id: self.id,
            method: known(&self.method),
            operation,
            status: status.as_u16(),
            whole,
            service: integration,
            refusal,
        });
        answer
    }
}

/// Ids of clients are kept when they cannot hurt a log: 8 to 64 letters, digits and hyphens.
fn is_well_formed(id: &HeaderValue) -> bool {
    let bytes = id.as_bytes();
    (8..=64).contains(&bytes.len())
        && bytes
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-')
}

/// It is remembered for longer than what was read with it.
fn copied(id: HeaderValue) -> HeaderValue {
    HeaderValue::from_bytes(id.as_bytes()).expect("it is one already")
}

fn new_id() -> HeaderValue {
    let mut text = Uuid::encode_buffer();
    let text = Uuid::now_v7().hyphenated().encode_lower(&mut text);
    HeaderValue::from_str(text).expect("a UUID is visible ASCII")
}
