//! Requests to OpenSearch's REST interface, signed where the managed service of AWS asks for it.

use std::time::{Duration, SystemTime};

use ::http::{Method, Request, StatusCode, header};
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_sigv4::{
    http_request::{SignableBody, SignableRequest, SigningSettings, sign},
    sign::v4,
};
use axum::body::{Body, Bytes, to_bytes};
use client::Upstream;
use kit::deadline::Deadline;
use serde_json::Value;

use crate::{Error, search::IndexPlace};

/// The largest answer that is read, in bytes.
const MAX_ANSWER: usize = 16 * 1024 * 1024;

/// Why there is no answer to use.
#[derive(Debug, thiserror::Error)]
pub(super) enum Fault {
    /// The store failed, not OpenSearch.
    #[error(transparent)]
    Store(#[from] Error),
    /// It refuses. Its words may repeat what somebody typed.
    #[error("OpenSearch answers {0}")]
    Refused(StatusCode),
    /// It did not answer, or not as it should.
    #[error("OpenSearch: {0}")]
    Failed(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl Fault {
    /// The status that it refuses with.
    pub(super) fn status(&self) -> Option<StatusCode> {
        match self {
            Self::Refused(status) => Some(*status),
            Self::Store(_) | Self::Failed(_) => None,
        }
    }
}

impl From<&'static str> for Fault {
    fn from(fault: &'static str) -> Self {
        Self::Failed(fault.into())
    }
}

impl From<String> for Fault {
    fn from(fault: String) -> Self {
        Self::Failed(fault.into())
    }
}

impl From<serde_json::Error> for Fault {
    fn from(fault: serde_json::Error) -> Self {
        Self::Failed(fault.into())
    }
}

/// The server.
pub(super) struct Server {
    upstream: Upstream,
    /// Its first address, as it is signed.
    origin: String,
    signer: Option<Signer>,
}

struct Signer {
    credentials: SharedCredentialsProvider,
    region: String,
}

impl Server {
    pub(super) async fn at(place: &IndexPlace) -> Result<Self, String> {
        let nodes = place.nodes.parse::<client::Addresses>();
        let nodes = nodes.map_err(|fault| fault.to_string())?;
        let signer = match place.is_signed {
            true => Some(Signer::of_environment().await?),
            false => None,
        };
        let origin = place.nodes.split(',').next().unwrap_or_default();
        Ok(Self {
            upstream: Upstream::outside(nodes)?,
            origin: origin.trim().to_owned(),
            signer,
        })
    }

    pub(super) async fn get(&self, path: &str, patience: Duration) -> Result<Value, Fault> {
        self.send(Method::GET, path, None, patience).await
    }

    pub(super) async fn delete(&self, path: &str, patience: Duration) -> Result<Value, Fault> {
        self.send(Method::DELETE, path, None, patience).await
    }

    /// Sends JSON.
    pub(super) async fn send_json(
        &self,
        method: Method,
        path: &str,
        body: &Value,
        patience: Duration,
    ) -> Result<Value, Fault> {
        let body = ("application/json", body.to_string());
        self.send(method, path, Some(body), patience).await
    }

    /// Sends the lines of a bulk request.
    pub(super) async fn bulk(
        &self,
        path: &str,
        lines: String,
        patience: Duration,
    ) -> Result<Value, Fault> {
        let body = ("application/x-ndjson", lines);
        self.send(Method::POST, path, Some(body), patience).await
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<(&'static str, String)>,
        patience: Duration,
    ) -> Result<Value, Fault> {
        let mut request = Request::builder().method(method).uri(path);
        if let Some((kind, _)) = &body {
            request = request.header(header::CONTENT_TYPE, *kind);
        }
        let body = body.map(|(_, body)| Bytes::from(body)).unwrap_or_default();
        let mut request = request.body(()).map_err(failed)?;
        let deadline = Deadline::within(patience);
        let exchange = async {
            if let Some(signer) = &self.signer {
                signer.sign(&mut request, &self.origin, &body).await?;
            }
            let (mut head, ()) = request.into_parts();
            head.extensions.insert(deadline);
            let request = Request::from_parts(head, Body::from(body));
            let answer = self.upstream.send(request).await.map_err(failed)?;
            let (head, body) = answer.into_parts();
            let body = to_bytes(body, MAX_ANSWER).await.map_err(failed)?;
            match head.status.is_success() {
                true => Ok(serde_json::from_slice(&body)?),
                false => Err(Fault::Refused(head.status)),
            }
        };
        let answer = tokio::time::timeout_at(deadline.instant(), exchange).await;
        answer.unwrap_or_else(|_| Err("no answer in time".into()))
    }
}

impl Signer {
    /// As who the environment, the container's role or the service account says.
    async fn of_environment() -> Result<Self, String> {
        let place = aws::Place {
            region: "",
            endpoint: None,
        };
        let configuration = place.configuration(Duration::from_secs(2)).await;
        let region = configuration
            .region()
            .ok_or("expected a region in AWS_REGION")?;
        let credentials = configuration.credentials_provider();
        Ok(Self {
            credentials: credentials.ok_or("expected credentials of AWS")?,
            region: region.to_string(),
        })
    }

    /// Signs a request to the service `es` (Signature Version 4).
    async fn sign(
        &self,
        request: &mut Request<()>,
        origin: &str,
        body: &[u8],
    ) -> Result<(), Fault> {
        let credentials = self.credentials.provide_credentials().await;
        let identity = credentials.map_err(failed)?.into();
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name("es")
            .time(SystemTime::now())
            .settings(SigningSettings::default())
            .build()
            .map_err(failed)?;
        let headers = request.headers().iter();
        let headers = headers.map(|(name, value)| (name.as_str(), value.to_str().unwrap_or("")));
        let url = format!("{origin}{}", request.uri());
        let body = SignableBody::Bytes(body);
        let signable = SignableRequest::new(request.method().as_str(), url, headers, body);
        let signed = sign(signable.map_err(failed)?, &parameters.into()).map_err(failed)?;
        let (instructions, _) = signed.into_parts();
        let (headers, _) = instructions.into_parts();
        for header in headers {
            let value = header.value().parse().map_err(failed)?;
            let name = ::http::HeaderName::from_static(header.name());
            request.headers_mut().insert(name, value);
        }
        Ok(())
    }
}

fn failed(fault: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Fault {
    Fault::Failed(fault.into())
}
