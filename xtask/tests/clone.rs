//! A second API, made by the command, and an edge with the settings that the command names.

#![expect(clippy::unwrap_used, reason = "a failed test panics")]

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

use axum::{
    Json, Router,
    body::Body,
    http::{Request, Uri},
};
use edge::{Config, Gateway, UpstreamConfig};
use testkit::service::{Answer, Service};
use tokio::net::TcpListener;

/// `cargo xtask api clone` into this folder.
fn clone(api: &str, name: &str, into: &Path) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    command.args(["api", "clone", api, "--as", name, "--into"]);
    command.arg(into).output().unwrap()
}

/// An edge before services which answer with the path that they were called by.
async fn config(folder: &Path) -> Config {
    let path = async |uri: Uri| Json(uri.to_string());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, Router::new().fallback(path)).await });
    let upstreams = testkit::documented().into_iter().map(|name| {
        let upstream = UpstreamConfig {
            url: url.clone(),
            invoke_key: "an-invoke-key-of-a-test-and-no-other".into(),
            documents: Vec::new(),
        };
        (name, upstream)
    });
    Config {
        documents: folder.join("openapi").display().to_string(),
        policies: folder.join("policies"),
        upstreams: upstreams.collect(),
        ..Config::default()
    }
}

/// What an edge with these settings answers. Its policies must say what its documents say.
async fn get(config: Config, path: &str) -> Answer {
    let services = config.services().unwrap();
    let gateway = Gateway::new(config, services).unwrap();
    assert_eq!(gateway.lint(), Vec::<String>::new());
    let app = Router::new().fallback_service(gateway.app());
    let client = Service::new("edge", app).untrusted();
    let get = Request::get(path).header("host", "localhost:8080");
    client.send(get, Body::empty()).await
}

#[tokio::test]
async fn a_second_api_is_answered_from_its_examples_or_by_the_service_of_the_first() {
    let folder = tempfile::tempdir().unwrap();
    let made = clone("catalog", "catalog-next", folder.path());
    let told = String::from_utf8_lossy(&made.stdout).into_owned();
    assert!(made.status.success(), "{made:?}");

    let document = folder.path().join("openapi/catalog-next.json");
    assert!(
        told.contains(&format!("TERRACE_EDGE__MOCKS={}", document.display())),
        "{told}"
    );
    let mut mocked = config(folder.path()).await;
    mocked.mocks = vec![document.display().to_string()];
    let answer = get(mocked, "/catalog-next/v2/products/monstera")
        .await
        .ok(200);
    assert!(answer["image"]["url"].is_string(), "{answer}");

    assert!(
        told.contains("EDGE__UPSTREAMS__CATALOG__DOCUMENTS=catalog,catalog-next"),
        "{told}"
    );
    let mut same = config(folder.path()).await;
    let catalog = same.upstreams.get_mut("catalog").unwrap();
    catalog.documents = ["catalog", "catalog-next"].map(str::to_owned).into();
    for path in ["/v1/products?limit=1", "/catalog-next/v1/products?limit=1"] {
        let answer = get(same.clone(), path).await;
        assert_eq!(answer.ok(200), "/v1/products?limit=1");
    }
    let first = get(same, "/catalog-next/v1/products/monstera").await;
    let next = "</catalog-next/v2/products/monstera>; rel=\"successor-version\"";
    assert!(
        first.header("link").starts_with(next),
        "{}",
        first.header("link")
    );
}

#[test]
fn what_is_there_is_never_written_over() {
    let folder = tempfile::tempdir().unwrap();
    let policies = folder.path().join("policies");
    fs::create_dir(&policies).unwrap();
    let own = policies.join("second-staff.json");
    fs::write(&own, "mine").unwrap();

    let refused = clone("catalog", "second", folder.path());

    let told = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(
        !refused.status.success() && told.contains("second-staff.json is there already"),
        "{told}"
    );
    assert_eq!(fs::read_to_string(own).unwrap(), "mine");
    assert!(
        !folder.path().join("openapi").exists(),
        "all of it is written, or nothing"
    );
}

#[test]
fn a_name_that_cannot_be_one_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    for (api, name, words) in [
        ("catalog", "Catalog", "small letters"),
        ("catalog", "next/", "small letters"),
        ("catalog", "", "small letters"),
        ("catalog", "internal", "neighbours"),
        ("catalog", "v1", "/v1/"),
        ("catalog", "docs", "/docs"),
        ("catalogue", "next", "openapi/catalogue.json"),
        ("terrace", "next", "openapi/terrace.json"),
    ] {
        let refused = clone(api, name, folder.path());

        let told = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(
            !refused.status.success() && told.contains(words),
            "{name}: {told}"
        );
    }
}
