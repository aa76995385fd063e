use site::{Config, ConnectError};

#[test]
fn the_environment_sets_what_is_optional_too() {
    let environment = [
        ("SITE__API_URL", "https://api.example.com"),
        ("SITE__EDGE_PORT", "8090"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()));

    let config: Config = kit::config::load_from("SITE__", None, environment.into()).unwrap();

    assert_eq!(config.api_url.as_deref(), Some("https://api.example.com"));
    assert_eq!(config.edge_port, 8090);
}

#[test]
fn settings_that_cannot_be_used_are_refused_by_name() {
    let document = Config {
        error_document: "../secret.html".into(),
        ..Config::default()
    };
    let api = Config {
        api_url: Some("https://api.example.com; script-src *".into()),
        ..Config::default()
    };
    let uploads = Config {
        uploads_url: Some("https://garden.example/pictures".into()),
        ..Config::default()
    };

    let document = site::connect(&document).err().unwrap();
    let api = site::connect(&api).err().unwrap();
    let uploads = site::connect(&uploads).err().unwrap();

    assert!(matches!(document, ConnectError::Document { .. }));
    assert!(
        document.to_string().starts_with("error_document"),
        "{document}"
    );
    assert!(api.to_string().starts_with("api_url"), "{api}");
    let uploads = uploads.to_string();
    assert!(uploads.starts_with("uploads_url"), "{uploads}");
}

#[tokio::test]
async fn a_site_without_a_build_connects_and_is_not_ready_until_there_is_one() {
    let folder = tempfile::tempdir().unwrap();
    let config = Config {
        root: folder.path().join("build"),
        ..Config::default()
    };
    let state = site::connect(&config).unwrap();

    let before = state.ready()().await;
    std::fs::create_dir(&config.root).unwrap();
    std::fs::write(config.root.join("200.html"), "shop").unwrap();

    assert!(before.unwrap_err().contains("index.html"));
    assert_eq!(state.ready()().await, Ok(()));
}
