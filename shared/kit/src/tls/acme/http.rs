//! Requests to an authority.

use std::{path::Path, pin::Pin, time::Duration};

use bytes::Bytes;
use http::Request;
use instant_acme::{BodyWrapper, BytesResponse, HttpClient};

use crate::tls::Outside;

/// How long an answer may take, and how large it may be.
const PATIENCE: Duration = Duration::from_secs(30);
const LARGEST: usize = 1024 * 1024;

#[derive(Clone)]
pub(super) struct Client(Outside);

impl Client {
    /// Trusts whom this certificate has signed, or without one whom the system trusts.
    pub(super) fn new(root: Option<&Path>) -> Result<Self, String> {
        Outside::new(root).map(Self)
    }
}

impl HttpClient for Client {
    fn request(
        &self,
        request: Request<BodyWrapper<Bytes>>,
    ) -> Pin<Box<dyn Future<Output = Result<BytesResponse, instant_acme::Error>> + Send>> {
        let client = self.0.clone();
        Box::pin(async move {
            let sent = client.send(request, PATIENCE, LARGEST).await;
            let (parts, body) = sent.map_err(instant_acme::Error::Other)?.into_parts();
            Ok(BytesResponse {
                parts,
                body: Box::new(body),
            })
        })
    }
}
