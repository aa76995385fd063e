//! Services that show each other who they are.

use std::{fs, sync::Arc};

use axum::{Router, body::Body, http::Request, routing::get};
use client::Upstream;
use kit::{
    serve::{self, Limits},
    tls::{Certificate, Identity},
};
use tempfile::TempDir;
use testkit::tls::Authority;
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};

const EDGE: &str = "spiffe://terrace/edge";
const CATALOG: &str = "spiffe://terrace/catalog";

/// A service, as it shows itself by the certificate that it has now.
struct Shown {
    certificate: Arc<Certificate>,
    identity: Identity,
    _folder: TempDir,
}

/// By a certificate with these names, from the authority that it trusts as well.
fn shown(authority: &Authority, uris: &[&str]) -> Shown {
    shown_to(authority, uris, authority)
}

fn shown_to(own: &Authority, uris: &[&str], trusted: &Authority) -> Shown {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("authority.pem");
    fs::write(&file, trusted.pem()).unwrap();
    let [chain, key] = own.sign(uris);
    let certificate = Certificate::from_pem(chain.as_bytes(), key.as_bytes()).unwrap();
    Shown {
        identity: Identity::new(certificate.clone(), &file).unwrap(),
        certificate,
        _folder: folder,
    }
}

/// A service that only `edge` may call; its address.
async fn listen(service: &Shown) -> (String, DropGuard) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let tls = service.identity.listener(&["edge".to_owned()]);
    let app = Router::new().route("/", get(|| async { "a fern" }));
    let stop = CancellationToken::new();
    let serving = serve::serve_over(listener, Some(tls), app, Limits::default(), stop.clone());
    tokio::spawn(serving);
    (address, stop.drop_guard())
}

fn catalog_at(url: &str, caller: &Shown) -> Upstream {
    Upstream::reach("catalog", url.parse().unwrap(), Some(&caller.identity)).unwrap()
}

async fn is_answered(upstream: &Upstream) -> bool {
    let request = Request::get("/").body(Body::empty()).unwrap();
    upstream
        .send(request)
        .await
        .is_ok_and(|answer| answer.status() == 200)
}

#[tokio::test]
async fn only_services_that_are_named_may_call_and_only_the_one_that_is_meant_is_called() {
    let (authority, another) = (Authority::new(), Authority::new());
    let (address, _open) = listen(&shown(&authority, &[CATALOG])).await;
    let https = format!("https://{address}");
    let edge = shown(&authority, &[EDGE]);
    let called = async |caller: &Shown| is_answered(&catalog_at(&https, caller)).await;

    assert!(called(&edge).await);
    for uris in [
        &["spiffe://terrace/users"][..],
        &["spiffe://terrace/edge/more"],
        &["spiffe://elsewhere/edge"],
        &["SPIFFE://terrace/edge"],
        &[EDGE, "spiffe://terrace/users"],
        &[],
    ] {
        assert!(!called(&shown(&authority, uris)).await, "{uris:?}");
    }
    assert!(!called(&shown_to(&another, &[EDGE], &authority)).await);
    // Nor does the edge call whom it does not trust, or somebody else.
    assert!(!called(&shown_to(&authority, &[EDGE], &another)).await);
    let users = Upstream::reach("users", https.parse().unwrap(), Some(&edge.identity));
    assert!(!is_answered(&users.unwrap()).await);
    // Nobody comes without TLS.
    let plain = Upstream::http(format!("http://{address}").parse().unwrap());
    assert!(!is_answered(&plain).await);
    assert!(Upstream::reach("catalog", https.parse().unwrap(), None).is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn certificates_are_replaced_and_no_request_fails() {
    let authority = Authority::new();
    let (edge, catalog) = (shown(&authority, &[EDGE]), shown(&authority, &[CATALOG]));
    let (address, _open) = listen(&catalog).await;
    let https = format!("https://{address}");

    // Old connections and new ones, on both sides of each change.
    for _ in 0..10 {
        let kept = catalog_at(&https, &edge);
        let calling = (0..20).map(|n| {
            let upstream = match n % 2 {
                0 => kept.clone(),
                _ => catalog_at(&https, &edge),
            };
            tokio::spawn(
                async move { is_answered(&upstream).await && is_answered(&upstream).await },
            )
        });
        let calling: Vec<_> = calling.collect();
        for (service, uri) in [(&edge, EDGE), (&catalog, CATALOG)] {
            let [chain, key] = authority.sign(&[uri]);
            let certificate = &service.certificate;
            certificate
                .replace(chain.as_bytes(), key.as_bytes())
                .unwrap();
        }
        for called in calling {
            assert!(called.await.unwrap());
        }
    }
}
