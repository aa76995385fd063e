//! Clients to download.

use std::{fs, path::Path};

use axum::http::{Method, header};
use edge::{Config, Gateway};

use crate::world::{Way, World, request};

const ARCHIVE: &str = "PK, say";

fn folder(files: &[&str]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for file in files {
        fs::write(folder.path().join(file), ARCHIVE).unwrap();
    }
    folder
}

async fn with(folder: &Path) -> World {
    World::with(Way::InProcess, |config| config.sdks = folder.to_owned()).await
}

#[tokio::test]
async fn a_client_that_was_built_is_there_and_is_fetched_again_when_it_changes() {
    let folder = folder(&["terrace-python-1.0.0.zip", "terrace.json"]);
    let world = with(folder.path()).await;

    let answer = world.edge.get("/v1/sdks/python").await;

    assert_eq!(answer.status, 200);
    assert_eq!(answer.text(), ARCHIVE);
    assert_eq!(answer.header("content-type"), "application/zip");
    assert_eq!(
        answer.header("content-disposition"),
        "attachment; filename=\"terrace-python-1.0.0.zip\""
    );
    assert_eq!(answer.header("cache-control"), "no-cache");
    let etag = answer.header("etag");
    let again = request(Method::GET, "/v1/sdks/python").header(header::IF_NONE_MATCH, etag);
    assert_eq!(world.edge.send(again).await.status, 304);
    let head = world
        .edge
        .send(request(Method::HEAD, "/v1/sdks/python"))
        .await;
    assert_eq!(head.status, 200);
    assert!(head.body.is_empty());
    let document = world.edge.get("/v1/openapi.json").await.ok(200);
    let description = document["info"]["description"].as_str().unwrap();
    assert!(description.ends_with("Clients to download: [python](/v1/sdks/python)."));
}

#[tokio::test]
async fn what_was_not_built_is_said_to_be_missing_and_nothing_else_is_read() {
    let folder = folder(&[
        "terrace-python-1.0.0.zip",
        "other.zip",
        "terrace-go.zip",
        "terrace-go-\"1\n.zip",
    ]);
    let world = with(folder.path()).await;

    let answer = world.edge.get("/v1/sdks/go").await;
    let missing = answer.refused(404, "not-found");
    assert_eq!(
        missing.detail.as_deref(),
        Some("No client in go was built for this deployment.")
    );
    for (path, status) in [
        ("/v1/sdks/python-1.0.0", 404),
        ("/v1/sdks/other", 404),
        ("/v1/sdks/..", 400),
        ("/v1/sdks/..%2Fother", 400),
    ] {
        assert_eq!(world.edge.get(path).await.status, status, "{path}");
    }
    let nothing = World::open(Way::InProcess).await;
    let answer = nothing.edge.get("/v1/sdks/python").await;
    answer.refused(404, "not-found");
}

#[test]
fn a_folder_that_is_not_there_or_has_two_versions_is_refused() {
    let two = folder(&["terrace-python-1.0.0.zip", "terrace-python-2.0.0.zip"]);
    for folder in [two.path(), &two.path().join("nowhere")] {
        let config = Config {
            sdks: folder.to_owned(),
            ..Config::default()
        };
        let refusal = Gateway::new(config, Vec::new()).err().unwrap().to_string();

        assert!(refusal.starts_with("sdks: "), "{refusal}");
    }
}
