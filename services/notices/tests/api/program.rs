//! The program as it is shipped: started from its settings, stopped, asked for what it gave up.

use std::time::Duration;

use jiff::Timestamp;
use kit::{
    events::{Consumer, Event, Publisher},
    redis::Redis,
};
use notices::store::{Sealed, Store, sqlite::SqliteStore};
use serde_json::Value;
use testkit::program::Program;
use uuid::Uuid;

use crate::app::KEY;

#[tokio::test]
async fn it_tells_what_was_given_up_sends_it_again_and_stops_when_told_to() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notices.db");
    let store = SqliteStore::open(&path).unwrap();
    let letter = Sealed {
        id: Uuid::now_v7(),
        sealed: "zmarkz".to_owned(),
        at: Timestamp::now(),
        account: None,
    };
    let now = Timestamp::now();
    store.take_in(std::slice::from_ref(&letter)).await.unwrap();
    let due = store.claim(now, now).await.unwrap().unwrap();
    store.give_up(&due, now, "refused: 550").await.unwrap();
    let url = format!("sqlite:{}", path.display());
    let mail = format!("file:{}", folder.path().join("outbox").display());
    let settings = [
        ("STORE", &*url),
        ("LETTER_KEYS", KEY),
        ("INVOKE_KEYS", KEY),
        ("MAIL", &*mail),
    ];
    let mut notices = Program::start(env!("CARGO_BIN_EXE_notices"), "notices", &settings);
    notices.ready().await;

    let told = notices.run("dead-letters").stdout;
    let retried = notices.run("retry-dead-letters").stdout;

    let dead: Value = serde_json::from_slice(&told).unwrap();
    assert_eq!(dead["id"], letter.id.to_string());
    assert_eq!(dead["reason"], "refused: 550");
    assert!(!String::from_utf8_lossy(&told).contains("zmarkz"));
    let retried = String::from_utf8_lossy(&retried).into_owned();
    assert!(retried.starts_with("1 letters"), "{retried}");
    notices.lives_as_programs_do().await;
}

#[tokio::test]
async fn an_event_that_is_no_letter_is_set_aside_shown_and_put_back() {
    let folder = tempfile::tempdir().unwrap();
    let server = testkit::redis::Server::start();
    let url = format!("sqlite:{}", folder.path().join("notices.db").display());
    let mail = format!("file:{}", folder.path().join("outbox").display());
    let settings = [
        ("STORE", &*url),
        ("LETTER_KEYS", KEY),
        ("MAIL", &*mail),
        ("REDIS", &server.address()),
    ];
    let mut notices = Program::start(env!("CARGO_BIN_EXE_notices"), "notices", &settings);
    notices.ready().await;
    let told = |command: &str| String::from_utf8(notices.run(command).stdout).unwrap();
    let publisher = Publisher::new(Redis::new(&server.url()), "users");
    let event = Event::new("letter", Uuid::now_v7(), &());
    let id = event.id.to_string();

    publisher.consume(&[event]).await.unwrap();

    let mut shown = told("dead-events");
    for _ in 0..600 {
        if !shown.is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
        shown = told("dead-events");
    }
    assert!(
        shown.contains(&id) && shown.contains("\"reason\""),
        "{shown}"
    );
    let replayed = told("replay-dead-events");
    assert_eq!(replayed.trim(), "1 events are in the stream again");
}
