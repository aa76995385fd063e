//! The program as it is shipped: started from its settings, filled, stopped.

use std::{process::Command, time::Duration};

use kit::{
    events::{Consumer, Event, Publisher},
    redis::Redis,
};
use testkit::program::Program;

#[tokio::test]
async fn it_starts_from_its_settings_and_stops_when_told_to() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let (store, images) = (format!("sqlite:{}", path("catalog.db")), path("images"));
    let settings = [
        ("STORE", store.as_str()),
        ("IMAGES", &images),
        (
            "INVOKE_KEYS",
            "an-invoke-key-for-tests-alone-01,another-key-for-tests-alone-0002",
        ),
    ];

    let catalog = Program::start(env!("CARGO_BIN_EXE_catalog"), "catalog", &settings);

    catalog.lives_as_programs_do().await;
    let pictures = std::fs::read_dir(images).unwrap().count();
    assert!(pictures > 0, "the empty catalog was filled");
}

#[tokio::test]
async fn it_stays_empty_when_it_is_told_to() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let (store, images) = (format!("sqlite:{}", path("catalog.db")), path("images"));
    let settings = [
        ("STORE", store.as_str()),
        ("IMAGES", &images),
        ("INVOKE_KEYS", "an-invoke-key-for-tests-alone-01"),
        ("SEED", "off"),
    ];

    let mut catalog = Program::start(env!("CARGO_BIN_EXE_catalog"), "catalog", &settings);
    catalog.ready().await;

    assert_eq!(std::fs::read_dir(images).unwrap().count(), 0);
}

#[tokio::test]
async fn an_event_that_it_cannot_read_is_set_aside_shown_and_put_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let server = testkit::redis::Server::start();
    let (store, images) = (format!("sqlite:{}", path("catalog.db")), path("images"));
    let settings = [
        ("STORE", store.as_str()),
        ("IMAGES", &images),
        ("INVOKE_KEYS", "an-invoke-key-for-tests-alone-01"),
        ("REDIS", &server.address()),
    ];
    let mut catalog = Program::start(env!("CARGO_BIN_EXE_catalog"), "catalog", &settings);
    catalog.ready().await;
    let publisher = Publisher::new(Redis::new(&server.url()), "orders");
    let event = Event::new("order.confirmed", "an-order", &serde_json::json!({}));
    let id = event.id.to_string();
    let command = |name: &str| {
        let output = Command::new(env!("CARGO_BIN_EXE_catalog"))
            .arg(name)
            .env("CATALOG__REDIS", server.address())
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };

    publisher.consume(&[event]).await.unwrap();

    let mut shown = command("dead-letters");
    for _ in 0..600 {
        if !shown.is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
        shown = command("dead-letters");
    }
    assert_eq!(shown.lines().count(), 1, "{shown}");
    assert!(
        shown.contains(&id) && shown.contains("\"reason\""),
        "{shown}"
    );
    // It would set the event aside again at once.
    catalog.terminate();
    assert_eq!(catalog.ended().await.code(), Some(0));
    assert_eq!(
        command("replay-dead-letters").trim(),
        "1 events are in the stream again"
    );
    assert!(command("dead-letters").is_empty());
}

#[test]
fn an_index_that_there_is_not_cannot_be_made_anew_nor_asked() {
    let folder = tempfile::tempdir().unwrap();
    let said = |search: &str| {
        let output = Command::new(env!("CARGO_BIN_EXE_catalog"))
            .arg("reindex")
            .current_dir(&folder)
            .env_clear()
            .env("CATALOG__STORE", "sqlite:catalog.db")
            .env("CATALOG__IMAGES", "images")
            .env("CATALOG__INVOKE_KEYS", "an-invoke-key-for-tests-alone-01")
            .env("CATALOG__SEARCH", search)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(1));
        String::from_utf8(output.stderr).unwrap()
    };

    assert!(said("store").contains("there is no index"));
    let unknown = said("elasticsearch:http://127.0.0.1:9/products");
    assert!(unknown.contains("opensearch:http://<host>"), "{unknown}");
    let away = said("opensearch:http://127.0.0.1:9/products");
    let reason = match cfg!(feature = "opensearch") {
        true => "unavailable",
        false => "without the feature opensearch",
    };
    assert!(away.contains(reason), "{away}");
}
