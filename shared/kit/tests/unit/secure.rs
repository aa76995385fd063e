//! A listener that speaks TLS, and clients that trust it.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::Request,
    routing::{get, post},
};
use futures::{StreamExt, stream};
use h2::client::SendRequest;
use http::{HeaderMap, StatusCode};
use kit::{
    http::host,
    serve::{self, Limits},
    tls::{Certificate, Tls},
};
use rustls::pki_types::CertificateDer;
use testkit::tls::{self, Pair};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::client::TlsStream;
use tokio_util::sync::{CancellationToken, DropGuard};

/// More than a client takes that widens no window.
pub(crate) const LARGE: usize = 8 * 1024 * 1024;

pub(crate) struct Secure {
    pub(crate) address: SocketAddr,
    pub(crate) certificate: Arc<Certificate>,
    pub(crate) trusted: CertificateDer<'static>,
    pub(crate) stop: CancellationToken,
    _open: DropGuard,
}

impl Secure {
    pub(crate) async fn listen(limits: Limits) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let stop = CancellationToken::new();
        let Pair {
            certificate: trusted,
            chain,
            key,
        } = tls::pair();
        let certificate = Certificate::from_pem(chain.as_bytes(), key.as_bytes()).unwrap();
        let tls = Tls::new(certificate.clone()).with_hsts(60);
        let serving = serve::serve_over(listener, Some(tls), app(), limits, stop.clone());
        tokio::spawn(serving);
        Self {
            address,
            certificate,
            trusted,
            _open: stop.clone().drop_guard(),
            stop,
        }
    }

    /// A connection by the first of these protocols that it speaks.
    pub(crate) async fn connect(&self, protocols: &[&str]) -> TlsStream<TcpStream> {
        let connected = tls::connect(self.address, &self.trusted, protocols).await;
        connected.unwrap()
    }

    /// A connection by HTTP/2.
    pub(crate) async fn http2(&self) -> Http2 {
        self.http2_by(&h2::client::Builder::new()).await
    }

    pub(crate) async fn http2_by(&self, settings: &h2::client::Builder) -> Http2 {
        let stream = self.connect(&["h2"]).await;
        let (sender, connection) = settings.handshake(stream).await.unwrap();
        let connection = tokio::spawn(async move { connection.await.map_err(|it| it.to_string()) });
        Http2 { sender, connection }
    }
}

pub(crate) struct Http2 {
    pub(crate) sender: SendRequest<Bytes>,
    /// Ends with the connection.
    pub(crate) connection: tokio::task::JoinHandle<Result<(), String>>,
}

impl Http2 {
    pub(crate) async fn get(&self, path: &str) -> Result<Answer, h2::Error> {
        let request = get_request(path);
        let mut sender = self.sender.clone().ready().await?;
        let (answer, _) = sender.send_request(request, true)?;
        let (head, mut body) = answer.await?.into_parts();
        let mut text = Vec::new();
        while let Some(data) = body.data().await {
            let data = data?;
            body.flow_control().release_capacity(data.len())?;
            text.extend(data);
        }
        Ok(Answer {
            status: head.status,
            headers: head.headers,
            text: String::from_utf8(text).unwrap(),
        })
    }
}

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

pub(crate) fn get_request(path: &str) -> http::Request<()> {
    let uri = format!("https://localhost{path}");
    http::Request::get(uri).body(()).unwrap()
}

fn app() -> Router {
    let seen = |request: Request| async move {
        let host = host(&request).map_err(|sentence| (StatusCode::BAD_REQUEST, sentence))?;
        let (host, version) = (host.to_str().unwrap(), request.version());
        let peer: &serve::Peer = request.extensions().get().unwrap();
        Ok::<_, (StatusCode, &str)>(format!("{version:?} {host} {}", peer.is_secure))
    };
    let slowly = || async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        "a fern, at last"
    };
    let for_ever = || async {
        let ticks = stream::repeat(()).then(|()| async {
            tokio::time::sleep(Duration::from_millis(50)).await;
            Ok::<_, std::convert::Infallible>("tick\n")
        });
        Body::from_stream(ticks)
    };
    Router::new()
        .route("/", get(|| async { "a fern" }))
        .route("/seen", get(seen))
        .route("/slow", get(slowly))
        .route("/stream", get(for_ever))
        .route("/large", get(|| async { "x".repeat(LARGE) }))
        .route("/echo", post(|body: Bytes| async move { body }))
}
