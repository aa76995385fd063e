//! What is recorded of each request: a span, a log line for faults, metrics, and `Server-Timing`.
//!
//! [`record`] is the outermost layer of every service, so refused and failed requests are
//! recorded too. The process starts it all once with [`init`]. `docs/telemetry.md` lists every metric.

mod json;

use std::{
    any::Any,
    cell::{Cell, RefCell},
    panic::AssertUnwindSafe,
    sync::OnceLock,
    thread,
    time::{Duration, Instant},
};

use axum::{
    extract::{MatchedPath, Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use futures::FutureExt;
use http::{HeaderName, HeaderValue, Method, StatusCode};
use metrics::{Gauge, gauge, histogram};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use serde::{Deserialize, Serialize};
use tracing::Instrument;
use tracing_subscriber::{EnvFilter, filter::LevelFilter, prelude::*};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    deadline::{self, Deadline},
    http::Problem,
    trace::{self, Kind, Span, Trace},
};

/// The header that carries a request's id through every tier.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The header by which every tier tells its part of the time (W3C Server Timing).
pub const SERVER_TIMING: HeaderName = HeaderName::from_static("server-timing");

/// How often samples are summed up. They pile up meanwhile, and nobody need ever ask for them.
const UPKEEP: Duration = Duration::from_secs(5);
/// The upper bounds of every histogram's buckets, in seconds: from an answer out of memory to the
/// longest time-out.
const BUCKETS: [f64; 14] = [
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
];

/// How log lines look.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For a person at a terminal.
    #[default]
    Pretty,
    /// One JSON object a line, for a collector.
    Json,
}

/// A log level or filter that cannot be understood.
#[derive(Debug, thiserror::Error)]
#[error("log level {0:?}: expected off, error, warn, info, debug, trace or a tracing filter")]
pub struct BadLevel(String);

/// The metrics of this process, once they are recorded.
static METRICS: OnceLock<PrometheusHandle> = OnceLock::new();

/// All metrics of this process, in Prometheus' text format.
pub fn rendered() -> String {
    let metrics = METRICS.get().map(PrometheusHandle::render);
    metrics.unwrap_or_default()
}

/// Starts logging to standard error and metrics, once a process.
/// The handle renders the metrics in Prometheus' text format.
pub fn init(level: &str, format: LogFormat) -> Result<PrometheusHandle, BadLevel> {
    let bad = || BadLevel(level.to_owned());
    // A filter takes any word for the name of a target: a misspelt level would mean silence.
    if !level.contains('=') {
        let known = level.parse::<LevelFilter>();
        known.ok().filter(|_| !level.is_empty()).ok_or_else(bad)?;
    }
    let filter = EnvFilter::try_new(level).map_err(|_| bad())?;
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let registry = tracing_subscriber::registry().with(filter);
    // A second start in one process (tests) keeps the first subscriber and the first recorder.
    let _ = match format {
        LogFormat::Pretty => registry.with(lines.with_target(false)).try_init(),
        LogFormat::Json => registry
            .with(lines.event_format(json::JsonLines))
            .try_init(),
    };

    let buckets = PrometheusBuilder::new().set_buckets(&BUCKETS);
    let recorder = buckets.expect("there are buckets").build_recorder();
    let handle = recorder.handle();
    if metrics::set_global_recorder(recorder).is_ok() {
        let _ = METRICS.set(handle.clone());
        let handle = handle.clone();
        let upkeep = move || {
            loop {
                thread::sleep(UPKEEP);
                handle.run_upkeep();
            }
        };
        // Without a thread there is still a process: rendering tidies up as well.
        let _ = thread::Builder::new().name("metrics".into()).spawn(upkeep);
    }
    Ok(handle)
}

/// The id of the request at hand.
#[derive(Clone, Debug)]
pub struct RequestId(pub HeaderValue);

tokio::task_local! {
    static TOLD: RefCell<Vec<(&'static str, Duration)>>;
    static DB_TIME: Cell<Duration>;
    static IS_SIGNED_IN: Cell<bool>;
}

/// Says that the request at hand is of somebody who is signed in; outside of one it does nothing.
pub fn signed_in() {
    let _ = IS_SIGNED_IN.try_with(|known| known.set(true));
}

/// Adds to the database's part of the request at hand; outside of a request it does nothing.
pub fn add_db_time(spent: Duration) {
    let _ = DB_TIME.try_with(|total| total.set(total.get() + spent));
}

/// Tells the client of the request at hand by this name in `Server-Timing` who else had a part in it, and how long that
/// took; outside of a request it does nothing.
pub fn tell(name: &'static str, spent: Duration) {
    let _ = TOLD.try_with(|told| told.borrow_mut().push((name, spent)));
}

/// Counts what is under way, until it is dropped: requests are, when their client goes away.
pub struct InFlight(Gauge);

impl InFlight {
    /// Counts one more.
    pub fn enter(gauge: Gauge) -> Self {
        gauge.increment(1);
        Self(gauge)
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.decrement(1);
    }
}

/// Middleware that records one service's part of a request.
///
/// Reads the request id (or makes one) and where the caller is in a trace, measures the whole and
/// the database's part, writes `Server-Timing` (the database's part for the signed-in alone), puts the
/// id into problem documents, logs the private cause of faults of ours; a panic is answered as 500 `internal`. A request whose
/// [`Deadline`] has passed is refused with 504 `timeout` before any work.
/// `middleware::from_fn_with_state("orders", telemetry::record)`, outermost.
pub async fn record(State(service): State<&'static str>, request: Request, next: Next) -> Response {
    let (head, body) = request.into_parts();
    let deadline = Deadline::of(&head);
    let mut request = Request::from_parts(head, body);
    let id = request.headers().get(REQUEST_ID).cloned();
    let id = id.unwrap_or_else(|| {
        HeaderValue::try_from(Uuid::now_v7().to_string()).expect("a UUID is visible ASCII")
    });
    request.extensions_mut().insert(RequestId(id.clone()));
    let route = request.extensions().get::<MatchedPath>().cloned();
    let method = request.method().clone();
    let route = route.as_ref().map_or("unmatched", MatchedPath::as_str);
    let id_text = id.to_str().unwrap_or_default();
    let line = tracing::debug_span!("request", service, id = id_text, %method, route);
    let mut span = Span::start(service, Kind::Server, Trace::of(request.headers()), || {
        format!("{} {route}", known(&method))
    });
    span.set("http.request.method", known(&method));
    span.set("http.route", route.to_owned());
    let _in_flight = InFlight::enter(gauge!("service_in_flight", "service" => service));

    let started = Instant::now();
    let work = async {
        if deadline.is_some_and(Deadline::has_passed) {
            let late = Problem::timeout().because("the deadline had passed on arrival");
            let late = name_instance(late.into_response(), service, id_text);
            return (late, Duration::ZERO, Vec::new());
        }
        let answer = deadline::scope(deadline, next.run(request));
        let answer = AssertUnwindSafe(answer).catch_unwind().await;
        // A defect of one request is no reason to hang up on its client.
        let response = answer.unwrap_or_else(|panic| {
            Problem::internal()
                .because(panic_message(&*panic))
                .into_response()
        });
        let response = name_instance(response, service, id_text);
        // It would tell strangers what the database found, such as whether an address has an account.
        let told = IS_SIGNED_IN.with(Cell::get);
        let db_time = DB_TIME.with(Cell::get) * u32::from(told);
        (response, db_time, TOLD.with(RefCell::take))
    };
    let work = TOLD.scope(RefCell::default(), work);
    let work = IS_SIGNED_IN.scope(Cell::new(false), work);
    let work = DB_TIME.scope(Cell::new(Duration::ZERO), work);
    let work = trace::within(Some(span.trace()), work).instrument(line);
    let (mut response, db_time, told) = work.await;
    let whole = started.elapsed();

    span.answered(response.status());
    append_timing(&mut response, service, whole);
    if !db_time.is_zero() {
        append_timing(&mut response, "db", db_time);
    }
    for (name, spent) in told {
        append_timing(&mut response, name, spent);
    }
    histogram!(
        "service_request_seconds",
        "service" => service,
        "route" => route.to_owned(),
        "method" => known(&method),
        "class" => class(response.status()),
    )
    .record(whole);
    response
}

/// A status as a label: `2xx`, `4xx` and so on.
pub fn class(status: StatusCode) -> &'static str {
    match status.as_u16() / 100 {
        1 => "1xx",
        2 => "2xx",
        3 => "3xx",
        4 => "4xx",
        _ => "5xx",
    }
}

/// A method as a label: clients may make up methods without end, metrics may not have them.
pub fn known(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        _ => "other",
    }
}

fn panic_message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
    format!("panicked: {}", text.unwrap_or_default())
}

/// Appends `name;dur=<milliseconds>` to the answer's `Server-Timing`.
pub fn append_timing(response: &mut Response, name: &str, spent: Duration) {
    // Digit by digit, 960 instructions: to print a fraction by `format!` takes 1,570.
    let us = spent.as_micros();
    let mut part = [name, ";dur=", itoa::Buffer::new().format(us / 1000), "."].concat();
    for unit in [100, 10, 1] {
        part.push(char::from(b'0' + (us / unit % 10) as u8));
    }
    if let Ok(part) = HeaderValue::try_from(part) {
        response.headers_mut().append(SERVER_TIMING, part);
    }
}

/// Writes the request's id into a problem document and logs its private cause, once.
pub fn name_instance(mut response: Response, service: &str, id: &str) -> Response {
    let Some(problem) = response.extensions_mut().remove::<Problem>() else {
        return response;
    };
    // Overload has no cause to tell, comes in thousands, and is counted where it is refused.
    let cause = problem.cause().map(|cause| format!("{cause:?}"));
    if problem.status().is_server_error() && (cause.is_some() || problem.slug() == "internal") {
        let cause = cause.unwrap_or_default();
        tracing::error!(
            service,
            request_id = id,
            kind = problem.slug(),
            cause,
            "request failed"
        );
    }
    let mut headers = std::mem::take(response.headers_mut());
    let mut named = problem.respond(Some(id));
    headers.remove(http::header::CONTENT_LENGTH);
    for (name, value) in named.headers() {
        headers.insert(name, value.clone());
    }
    *named.headers_mut() = headers;
    // What layers have noted for each other stays.
    *named.extensions_mut() = std::mem::take(response.extensions_mut());
    named
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_level_is_refused() {
        for level in ["loud", "", "warn,info", "edge=loud"] {
            assert!(init(level, LogFormat::Json).is_err(), "{level}");
        }
        for level in ["off", "info", "warn,edge=debug"] {
            assert!(init(level, LogFormat::Json).is_ok(), "{level}");
        }
    }
}
