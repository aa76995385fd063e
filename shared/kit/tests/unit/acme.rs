//! Certificates by ACME, from a real server.

use std::{net::SocketAddr, path::Path, time::Duration};

use axum::Router;
use kit::{
    serve::{self, Limits},
    tls::{Acme, AcmeConfig, Tls},
};
use rustls::pki_types::CertificateDer;
use testkit::{pebble, tls};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

async fn listener() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

/// What is shown to who trusts this authority, as soon as something is.
async fn shown(at: SocketAddr, authority: &CertificateDer<'static>) -> CertificateDer<'static> {
    loop {
        if let Ok(connection) = tls::connect(at, authority, &[]).await {
            let (_, session) = connection.get_ref();
            return session.peer_certificates().unwrap()[0].clone();
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

fn config(pebble: &pebble::Server, folder: &Path) -> AcmeConfig {
    AcmeConfig {
        directory: pebble.directory(),
        domains: vec!["localhost".to_owned()],
        contact: vec!["mailto:garden@example.com".to_owned()],
        folder: folder.to_owned(),
        root: Some(pebble.root()),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_listener_gets_its_certificate_renews_it_and_shows_it_again_after_a_start() {
    let ((proofs, proofs_at), (listener, address)) = (listener().await, listener().await);
    let pebble = pebble::Server::start(proofs_at.port(), 12);
    let authority = pebble.authority().await;
    let folder = tempfile::tempdir().unwrap();
    let config = config(&pebble, folder.path());
    let stop = CancellationToken::new();
    let _open = stop.clone().drop_guard();
    let acme = Acme::open(&config).unwrap();
    let plain = serve::to_https(443).merge(acme.proofs());
    tokio::spawn(serve::serve(proofs, plain, Limits::default(), stop.clone()));
    let tls = Some(Tls::new(acme.certificate()));
    let serving = serve::serve_over(
        listener,
        tls,
        Router::new(),
        Limits::default(),
        stop.clone(),
    );
    tokio::spawn(serving);

    let following = tokio::spawn(acme.follow());
    let first = shown(address, &authority).await;
    while shown(address, &authority).await == first {}
    following.abort();

    let again = Acme::open(&config).unwrap();
    let (listener, address) = self::listener().await;
    let tls = Some(Tls::new(again.certificate()));
    tokio::spawn(serve::serve_over(
        listener,
        tls,
        Router::new(),
        Limits::default(),
        stop,
    ));
    assert_ne!(shown(address, &authority).await, first);
}

#[tokio::test]
async fn an_authority_that_gets_no_proof_says_why() {
    let pebble = pebble::Server::start(1, 60);
    let folder = tempfile::tempdir().unwrap();
    let acme = Acme::open(&config(&pebble, folder.path())).unwrap();

    let fault = acme.order().await.unwrap_err();

    assert!(fault.contains("connection refused"), "{fault}");
}
