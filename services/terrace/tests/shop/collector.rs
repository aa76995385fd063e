//! A collector that takes spans by OTLP over HTTP, as a trace store does, and tells what it has.

use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
    routing::post,
};
use kit::serve::{Limits, serve};
use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest, common::v1::any_value::Value,
};
use prost::Message;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// A span, as it came in.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    pub(crate) process: String,
    pub(crate) service: String,
    pub(crate) name: String,
    pub(crate) trace: String,
    pub(crate) id: String,
    pub(crate) parent: String,
    /// All of it.
    pub(crate) text: String,
}

type Spans = Arc<Mutex<Vec<Received>>>;

pub(crate) struct Collector {
    pub(crate) url: String,
    spans: Spans,
}

impl Collector {
    /// Opens one at a port that nobody has.
    pub(crate) async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let spans = Spans::default();
        let app = Router::new()
            .route("/v1/traces", post(take))
            .with_state(spans.clone());
        let forever = CancellationToken::new();
        tokio::spawn(serve(listener, app, Limits::default(), forever));
        Self { url, spans }
    }

    /// All that came in.
    pub(crate) fn spans(&self) -> Vec<Received> {
        self.spans.lock().unwrap().clone()
    }

    /// The spans of this trace, once there are `enough`; panics with them when there never are.
    pub(crate) async fn trace(
        &self,
        trace: &str,
        enough: impl Fn(&[Received]) -> bool,
    ) -> Vec<Received> {
        let started = Instant::now();
        loop {
            let mut spans = self.spans();
            spans.retain(|span| span.trace == trace);
            if enough(&spans) {
                return spans;
            }
            let late = started.elapsed() > Duration::from_secs(60);
            assert!(!late, "not enough: {spans:#?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

async fn take(State(spans): State<Spans>, headers: HeaderMap, body: Bytes) -> StatusCode {
    assert_eq!(headers["content-type"], "application/x-protobuf");
    let request = ExportTraceServiceRequest::decode(body).unwrap();
    for of_process in request.resource_spans {
        let attributes = of_process.resource.unwrap_or_default().attributes;
        let process = attributes.iter().find(|it| it.key == "service.name");
        let process = process.and_then(|it| it.value.clone()?.value);
        let Some(Value::StringValue(process)) = process else {
            panic!("no service.name: {attributes:?}")
        };
        for of_service in of_process.scope_spans {
            let service = of_service.scope.unwrap_or_default().name;
            let of_service = of_service.spans.into_iter().map(|span| Received {
                process: process.clone(),
                service: service.clone(),
                trace: hex(&span.trace_id),
                id: hex(&span.span_id),
                parent: hex(&span.parent_span_id),
                text: format!("{span:?}"),
                name: span.name,
            });
            spans.lock().unwrap().extend(of_service);
        }
    }
    StatusCode::OK
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
