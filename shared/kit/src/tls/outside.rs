//! A few requests to servers that are none of ours, by https, each on a connection of its own. For such
//! rare ones as a certificate authority's or the keys of a provider.

use std::{error::Error, path::Path, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{HeaderValue, Request, Response, Uri, header};
use http_body::Body;
use http_body_util::{BodyExt, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, ServerName, pem::PemObject},
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
};
use tokio_rustls::TlsConnector;

use crate::tls::{Caller, provider};

type Fault = Box<dyn Error + Send + Sync>;

/// Calls servers outside of the shop. Clones share what they trust.
#[derive(Clone)]
pub struct Outside(TlsConnector);

impl Outside {
    /// Trusts whom this certificate in PEM has signed, or without one whom the system trusts.
    pub fn new(root: Option<&Path>) -> Result<Self, String> {
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

    /// The way to this host, for who keeps connections to it.
    pub fn caller(&self, host: &str) -> Result<Caller, String> {
        let named = ServerName::try_from(host.to_owned());
        let named = named.map_err(|_| format!("{host:?} is no name of a host"))?;
        Ok(Caller::new(self.0.clone(), named))
    }

    /// The URL, if it may be called: by https, or in the clear on this machine, where a server for tests is.
    pub fn url(url: &str) -> Option<Uri> {
        let uri = url.parse::<Uri>().ok()?;
        let host = uri.host()?;
        let is_own = ["localhost", "127.0.0.1", "[::1]"].contains(&host);
        match uri.scheme_str() {
            Some("https") => Some(uri),
            Some("http") if is_own => Some(uri),
            _ => None,
        }
    }

    /// Sends a request to the URL that it names, once: follows nobody elsewhere, waits so long, and reads at
    /// most so many bytes.
    pub async fn send<B>(
        &self,
        request: Request<B>,
        patience: Duration,
        largest: usize,
    ) -> Result<Response<Bytes>, Fault>
    where
        B: Body<Data: Send, Error: Into<Fault>> + Send + 'static,
    {
        tokio::time::timeout(patience, self.exchange(request, largest)).await?
    }

    async fn exchange<B>(
        &self,
        mut request: Request<B>,
        largest: usize,
    ) -> Result<Response<Bytes>, Fault>
    where
        B: Body<Data: Send, Error: Into<Fault>> + Send + 'static,
    {
        let uri = Self::url(&request.uri().to_string()).ok_or("expected https://host/path")?;
        let authority = uri.authority().ok_or("a URL without a host")?.clone();
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        *request.uri_mut() = Uri::try_from(path)?;
        let host = HeaderValue::try_from(authority.as_str())?;
        request.headers_mut().insert(header::HOST, host);

        let host = authority.host().trim_matches(['[', ']']).to_owned();
        let is_https = uri.scheme_str() == Some("https");
        let port = authority
            .port_u16()
            .unwrap_or(if is_https { 443 } else { 80 });
        let stream = TcpStream::connect((&*host, port)).await?;
        let answer = if is_https {
            let stream = self.0.connect(ServerName::try_from(host)?, stream).await?;
            begin(stream, request).await?
        } else {
            begin(stream, request).await?
        };
        let (head, body) = answer.into_parts();
        let body = Limited::new(body, largest).collect().await?;
        Ok(Response::from_parts(head, body.to_bytes()))
    }
}

async fn begin<B>(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    request: Request<B>,
) -> hyper::Result<Response<hyper::body::Incoming>>
where
    B: Body<Data: Send, Error: Into<Fault>> + Send + 'static,
{
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    // How it ends, the request learns.
    tokio::spawn(connection);
    sender.send_request(request).await
}
