//! Hands spans to a collector by OTLP over HTTP, in batches, from a thread of its own. A collector
//! that is slow or gone costs spans and never a request.

use std::{sync::OnceLock, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response, Uri, uri::Scheme};
use http_body_util::{BodyExt, Full, Limited};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use opentelemetry_http::{HttpClient, HttpError};
use opentelemetry_otlp::{SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::{
    Resource,
    trace::{Sampler, SdkTracerProvider},
};
use serde::{Deserialize, Serialize};
use tokio::runtime::Handle;

/// How long the collector may take for one batch.
const EXPORT_TIMEOUT: Duration = Duration::from_secs(5);

/// How long the spans that wait may hold up the end of the process.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(2);

/// The largest answer that is read from the collector, in bytes.
const MAX_ANSWER: usize = 64 * 1024;

pub(super) static PROVIDER: OnceLock<SdkTracerProvider> = OnceLock::new();

/// Where spans go: the base URL of an OTLP/HTTP receiver, or nowhere, which is empty.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct Collector(String);

/// A collector's address that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("collector {0:?}: expected http://<host>:<port>")]
pub struct BadCollector(String);

impl TryFrom<String> for Collector {
    type Error = BadCollector;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let base = text.trim_end_matches('/');
        let is_receiver = base
            .parse()
            .is_ok_and(|uri: Uri| uri.scheme() == Some(&Scheme::HTTP) && uri.query().is_none());
        match text.is_empty() || is_receiver {
            true => Ok(Self(base.to_owned())),
            false => Err(BadCollector(text)),
        }
    }
}

/// Sends on what waits when dropped; keep it until the process ends.
#[must_use = "spans end with it"]
pub struct Exporting(Option<SdkTracerProvider>);

/// Begins to hand the spans of this process, whose name is `process`, to the collector; once a
/// process, within a Tokio runtime of several threads.
///
/// A trace that comes in is kept if its sender keeps it; of those that begin here, `ratio` (0 to 1).
pub fn export(process: &'static str, collector: &Collector, ratio: f64) -> Exporting {
    if collector.0.is_empty() {
        return Exporting(None);
    }
    let exporter = SpanExporter::builder()
        .with_http()
        .with_http_client(Sender::new())
        .with_endpoint(format!("{}/v1/traces", collector.0))
        .with_timeout(EXPORT_TIMEOUT)
        .build()
        .expect("an endpoint and a client are all that an exporter needs");
    let ours = Sampler::TraceIdRatioBased(ratio);
    let provider = SdkTracerProvider::builder()
        .with_resource(Resource::builder().with_service_name(process).build())
        .with_sampler(Sampler::ParentBased(Box::new(ours)))
        .with_batch_exporter(exporter)
        .build();
    match PROVIDER.set(provider.clone()) {
        Ok(()) => Exporting(Some(provider)),
        // A second start in one process (tests) keeps the first collector.
        Err(_) => Exporting(None),
    }
}

impl Exporting {
    /// Sends what waits. It blocks its thread.
    pub fn flush(&self) {
        if let Some(provider) = &self.0
            && let Err(fault) = provider.force_flush()
        {
            tracing::warn!(%fault, "spans are lost");
        }
    }
}

impl Drop for Exporting {
    fn drop(&mut self) {
        if let Some(provider) = &self.0
            && let Err(fault) = provider.shutdown_with_timeout(SHUTDOWN_TIMEOUT)
        {
            tracing::warn!(%fault, "spans are lost");
        }
    }
}

/// The exporter's thread has no runtime: requests run on ours.
#[derive(Debug)]
struct Sender {
    client: Client<HttpConnector, Full<Bytes>>,
    runtime: Handle,
}

impl Sender {
    fn new() -> Self {
        Self {
            client: Client::builder(TokioExecutor::new()).build_http(),
            runtime: Handle::current(),
        }
    }
}

#[async_trait]
impl HttpClient for Sender {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let client = self.client.clone();
        let exchange = async move {
            let answer = client.request(request.map(Full::new)).await?;
            let (head, body) = answer.into_parts();
            let body = Limited::new(body, MAX_ANSWER).collect().await?.to_bytes();
            Ok::<_, HttpError>(Response::from_parts(head, body))
        };
        // Timers, too, are the runtime's.
        let exchange = async { tokio::time::timeout(EXPORT_TIMEOUT, exchange).await };
        let answer = self.runtime.spawn(exchange).await?;
        let answer = answer.unwrap_or_else(|late| Err(late.into()));
        match &answer {
            Ok(answer) if !answer.status().is_success() => {
                tracing::warn!(
                    status = answer.status().as_u16(),
                    "the collector refuses spans"
                );
            }
            Ok(_) => {}
            Err(fault) => tracing::warn!(%fault, "the collector cannot be reached"),
        }
        answer
    }
}
