//! The program as it is shipped: started from its settings, fed by the stream, stopped.

use std::time::Duration;

use kit::{
    events::{Consumer, Event, Publisher},
    redis::Redis,
};
use rusqlite::{Connection, OpenFlags};
use testkit::program::Program;
use uuid::Uuid;

use crate::app::{KEY, Order};

#[tokio::test]
async fn it_counts_what_the_stream_tells_sets_aside_what_cannot_be_read_and_stops_when_told_to() {
    let folder = tempfile::tempdir().unwrap();
    let server = testkit::redis::Server::start();
    let path = folder.path().join("reports.db");
    let url = format!("sqlite:{}", path.display());
    let settings = [
        ("STORE", &*url),
        ("PSEUDONYM_KEY", KEY),
        ("INVOKE_KEYS", KEY),
        ("REDIS", &server.address()),
    ];
    let mut reports = Program::start(env!("CARGO_BIN_EXE_reports"), "reports", &settings);
    reports.ready().await;
    let publisher = Publisher::new(Redis::new(&server.url()), "orders");
    let order = Order::placed("2026-03-01T10:00:00.000Z").event("confirmed", None);
    let mut broken = Event::new("order.confirmed", Uuid::now_v7(), &());
    broken.payload = r#"{"total":{"amount":1,"currency":"USD"}}"#.to_owned();

    let events = [order.clone(), broken.clone(), order];
    publisher.consume(&events).await.unwrap();

    let told = |command: &str| String::from_utf8(reports.run(command).stdout).unwrap();
    let mut shown = told("dead-events");
    for _ in 0..600 {
        if !shown.is_empty() && counted(&path) == 1 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
        shown = told("dead-events");
    }
    assert_eq!(counted(&path), 1);
    assert!(shown.contains(&broken.id.to_string()), "{shown}");
    let replayed = told("replay-dead-events");
    assert!(
        replayed.starts_with("1 events are in the stream again"),
        "{replayed}"
    );
    reports.lives_as_programs_do().await;
}

fn counted(path: &std::path::Path) -> i64 {
    let db = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    db.query_row("select count(*) from fact_orders", [], |row| row.get(0))
        .unwrap()
}
