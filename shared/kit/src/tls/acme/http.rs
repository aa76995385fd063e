//! A few requests by https to an authority, each on a connection of its own.

use std::{error::Error, path::Path, pin::Pin, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{HeaderValue, Request, Uri, header};
use http_body_util::{BodyExt, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use instant_acme::{BodyWrapper, BytesResponse, HttpClient};
use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, ServerName, pem::PemObject},
};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::tls::provider;

/// How long an answer may take, and how large it may be.
const PATIENCE: Duration = Duration::from_secs(30);
const LARGEST: usize = 1024 * 1024;

#[derive(Clone)]
pub(super) struct Client(TlsConnector);

impl Client {
    /// Trusts whom this certificate has signed, or without one whom the system trusts.
    pub(super) fn new(root: Option<&Path>) -> Result<Self, String> {
        let mut roots = RootCertStore::empty();
        match root {
            Some(root) => {
                let read = CertificateDer::from_pem_file(root).map_err(|fault| fault.to_string());
                let added = read.and_then(|it| roots.add(it).map_err(|fault| fault.to_string()));
                added.map_err(|fault| format!("{}: {fault}", root.display()))?;
            }
            None => {
                let system = rustls_native_certs::load_native_certs().certs;
                roots.add_parsable_certificates(system);
            }
        }
        let config = ClientConfig::builder_with_provider(provider());
        let config = config.with_safe_default_protocol_versions();
        let config = config.expect("the provider has what both versions need");
        let config = config.with_root_certificates(roots).with_no_client_auth();
        Ok(Self(TlsConnector::from(Arc::new(config))))
    }
}

impl HttpClient for Client {
    fn request(
        &self,
        request: Request<BodyWrapper<Bytes>>,
    ) -> Pin<Box<dyn Future<Output = Result<BytesResponse, instant_acme::Error>> + Send>> {
        let sent = send(self.0.clone(), request);
        Box::pin(async {
            let sent = tokio::time::timeout(PATIENCE, sent).await;
            let sent = sent.unwrap_or_else(|late| Err(late.into()));
            sent.map_err(instant_acme::Error::Other)
        })
    }
}

async fn send(
    tls: TlsConnector,
    mut request: Request<BodyWrapper<Bytes>>,
) -> Result<BytesResponse, Box<dyn Error + Send + Sync>> {
    let uri = request.uri();
    let authority = uri.authority().ok_or("a URL without a host")?.clone();
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    *request.uri_mut() = Uri::try_from(path)?;
    let host = HeaderValue::try_from(authority.as_str())?;
    request.headers_mut().insert(header::HOST, host);

    let host = authority.host().trim_matches(['[', ']']).to_owned();
    let stream = TcpStream::connect((&*host, authority.port_u16().unwrap_or(443))).await?;
    let stream = tls.connect(ServerName::try_from(host)?, stream).await?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    // How it ends, the request learns.
    tokio::spawn(connection);
    let (parts, body) = sender.send_request(request).await?.into_parts();
    let body = Limited::new(body, LARGEST).collect().await?.to_bytes();
    Ok(BytesResponse {
        parts,
        body: Box::new(body),
    })
}
