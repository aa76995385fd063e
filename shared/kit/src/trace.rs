//! Where work is in a trace (W3C Trace Context), and the spans that say how long it took.
//!
//! The context goes along whether or not anybody collects spans: in [`TRACEPARENT`] between
//! services, in an event's payload, and in every JSON log line. Spans are kept only after
//! [`export`](fn@export) has named a collector; until then a [`Span`] is a few words on the stack.

mod export;

use std::{borrow::Cow, fmt, str::FromStr};

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use opentelemetry::{
    Context, KeyValue, Value,
    trace::{
        Span as _, SpanContext, SpanId, Status, TraceContextExt, TraceFlags, TraceId, TraceState,
        Tracer, TracerProvider,
    },
};
use opentelemetry_sdk::trace::{IdGenerator, RandomIdGenerator};

pub use export::{BadCollector, Collector, Exporting, export};
pub use opentelemetry::trace::SpanKind as Kind;

/// The header by which a trace goes from one service to the next (W3C Trace Context §3.2).
pub const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// What other tracing systems say beside [`TRACEPARENT`]; it is handed on unread.
pub const TRACESTATE: HeaderName = HeaderName::from_static("tracestate");

/// A place in a trace. Its text is a `traceparent`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trace {
    id: TraceId,
    span: SpanId,
    is_sampled: bool,
}

/// A text that is no `traceparent`.
#[derive(Debug, thiserror::Error)]
#[error("not a traceparent")]
pub struct BadTraceparent;

impl Trace {
    /// A new trace, which nobody collects.
    fn begin() -> Self {
        let ids = RandomIdGenerator::default();
        Self {
            id: ids.new_trace_id(),
            span: ids.new_span_id(),
            is_sampled: false,
        }
    }

    /// Where the sender of these headers was.
    pub fn of(headers: &HeaderMap) -> Option<Self> {
        let mut all = headers.get_all(TRACEPARENT).iter();
        match (all.next(), all.next()) {
            (Some(one), None) => one.to_str().ok()?.parse().ok(),
            _ => None,
        }
    }

    /// Tells the receiver of these headers.
    pub fn tell(&self, headers: &mut HeaderMap) {
        let value = HeaderValue::from_bytes(&self.traceparent());
        headers.insert(TRACEPARENT, value.expect("hex digits are visible ASCII"));
    }

    fn traceparent(&self) -> [u8; 55] {
        let mut text = *b"00-00000000000000000000000000000000-0000000000000000-00";
        let ids = hex::encode_to_slice(self.id.to_bytes(), &mut text[3..35])
            .and_then(|()| hex::encode_to_slice(self.span.to_bytes(), &mut text[36..52]));
        ids.expect("a byte is two digits");
        text[54] += u8::from(self.is_sampled);
        text
    }

    /// The trace, the same in all services: 32 hex digits.
    pub fn id(&self) -> String {
        self.id.to_string()
    }

    /// The span at hand: 16 hex digits.
    pub fn span_id(&self) -> String {
        self.span.to_string()
    }

    /// Whether the spans of this trace are kept.
    pub fn is_sampled(&self) -> bool {
        self.is_sampled
    }

    fn context(&self) -> Context {
        let flags = TraceFlags::default().with_sampled(self.is_sampled);
        let state = TraceState::NONE;
        let context = SpanContext::new(self.id, self.span, flags, true, state);
        Context::new().with_remote_span_context(context)
    }
}

impl From<&SpanContext> for Trace {
    fn from(context: &SpanContext) -> Self {
        Self {
            id: context.trace_id(),
            span: context.span_id(),
            is_sampled: context.is_sampled(),
        }
    }
}

impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(&self.traceparent()))
    }
}

impl FromStr for Trace {
    type Err = BadTraceparent;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut parts = text.split('-');
        let mut next = || parts.next().unwrap_or_default();
        let read = (bytes(next()), bytes(next()), bytes(next()), bytes(next()));
        let (Some([version]), Some(id), Some(span), Some([flags])) = read else {
            return Err(BadTraceparent);
        };
        let (id, span) = (TraceId::from_bytes(id), SpanId::from_bytes(span));
        // A later version may say more after what this one knows (§3.2.2.1); ff is never one.
        let says_more = parts.next().is_some();
        let is_known = version != 0xff && (version != 0 || !says_more);
        if !is_known || id == TraceId::INVALID || span == SpanId::INVALID {
            return Err(BadTraceparent);
        }
        Ok(Self {
            id,
            span,
            is_sampled: flags & 1 == 1,
        })
    }
}

/// What exactly so many lower-case hex digits stand for.
fn bytes<const N: usize>(digits: &str) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    hex::decode_to_slice(digits, &mut bytes).ok()?;
    let is_lower = !digits.bytes().any(|digit| digit.is_ascii_uppercase());
    is_lower.then_some(bytes)
}

tokio::task_local! {
    static CURRENT: Option<Trace>;
}

/// Where the work at hand is.
pub fn current() -> Option<Trace> {
    CURRENT.try_with(|trace| *trace).ok().flatten()
}

/// Does `work` there. A task that is spawned forgets where its parent was: hand it on by this.
pub fn within<F: Future>(trace: Option<Trace>, work: F) -> impl Future<Output = F::Output> {
    CURRENT.scope(trace, work)
}

/// The same, for work on a thread of its own.
pub fn within_sync<T>(trace: Option<Trace>, work: impl FnOnce() -> T) -> T {
    CURRENT.sync_scope(trace, work)
}

/// One piece of work in a trace, from its start until it is dropped. Say nothing in it that
/// points to a person: names are templates, attributes are codes and numbers.
pub struct Span {
    trace: Trace,
    kept: Option<opentelemetry_sdk::trace::Span>,
}

impl Span {
    /// Starts a span of `service` below `parent`, or a trace of its own. `name` is made only for
    /// a span that is kept.
    pub fn start<N: Into<Cow<'static, str>>>(
        service: &str,
        kind: Kind,
        parent: Option<Trace>,
        name: impl FnOnce() -> N,
    ) -> Self {
        let passed_on = || parent.unwrap_or_else(Trace::begin);
        // What its sender does not sample is not kept here either: nothing need be built for it.
        let Some(provider) = export::PROVIDER
            .get()
            .filter(|_| parent.is_none_or(|p| p.is_sampled))
        else {
            return Self {
                trace: passed_on(),
                kept: None,
            };
        };
        let tracer = provider.tracer(service.to_owned());
        let builder = tracer.span_builder(name()).with_kind(kind);
        let parents = parent.map_or_else(Context::new, |parent| parent.context());
        let span = tracer.build_with_context(builder, &parents);
        let context = span.span_context();
        Self {
            // A provider that is shut down gives out no ids.
            trace: match context.is_valid() {
                true => context.into(),
                false => passed_on(),
            },
            kept: span.is_recording().then_some(span),
        }
    }

    /// Where work of this span is.
    pub fn trace(&self) -> Trace {
        self.trace
    }

    /// Names it by what was found out since its start.
    pub fn rename<N: Into<Cow<'static, str>>>(&mut self, name: impl FnOnce() -> N) {
        if let Some(span) = &mut self.kept {
            span.update_name(name());
        }
    }

    /// Adds a fact, named after OpenTelemetry's semantic conventions where they have a name.
    pub fn set(&mut self, name: &'static str, value: impl Into<Value>) {
        if let Some(span) = &mut self.kept {
            span.set_attribute(KeyValue::new(name, value));
        }
    }

    /// Adds how a request was answered; a fault of the server's is a failure of the span.
    pub fn answered(&mut self, status: StatusCode) {
        self.set("http.response.status_code", i64::from(status.as_u16()));
        if status.is_server_error() {
            self.fail("answered 5xx");
        }
    }

    /// Marks it as failed.
    pub fn fail(&mut self, how: &'static str) {
        if let Some(span) = &mut self.kept {
            span.set_status(Status::error(how));
        }
    }
}
