//! PostgreSQL as every service uses it: a real server, and what happens when it goes away.

#![expect(clippy::unwrap_used, reason = "a failed test panics")]

use futures::future::join_all;
use kit::store::{
    Migration, Postgres, PostgresError, PostgresUrl, Statements, StoreError, StoreUrl,
};
use testkit::postgres::{Database, Server, Sync, database};

const NOTES: &[Migration] = &[
    Migration {
        name: "0001_create_notes",
        sql: "create table note (id bigint primary key, text text not null);
              create unique index note_text on note (text)",
    },
    Migration {
        name: "0002_write_first_note",
        sql: "insert into note (id, text) values (1, 'water the fern')",
    },
];

const INSERT: &str = "insert into note (id, text) values ($1, $2)";

fn url(database: &Database, parameters: &str) -> PostgresUrl {
    match format!("{}?{parameters}", database.url_text()).parse() {
        Ok(StoreUrl::Postgres(url)) => *url,
        other => panic!("{other:?}"),
    }
}

async fn open(database: &Database, migrations: &[Migration]) -> Result<Postgres, StoreError> {
    Postgres::open(&url(database, "pool=4"), migrations).await
}

async fn texts(db: &Postgres) -> Vec<String> {
    let rows = db
        .get()
        .await
        .unwrap()
        .all("select text from note order by id", &[])
        .await;
    rows.unwrap().iter().map(|row| row.get(0)).collect()
}

#[tokio::test]
async fn replicas_that_start_at_once_migrate_once() {
    let database = database().await;

    let replicas = join_all((0..6).map(|_| open(&database, NOTES))).await;

    for replica in replicas {
        assert_eq!(texts(&replica.unwrap()).await, ["water the fern"]);
    }
}

#[tokio::test]
async fn a_migration_that_fails_leaves_nothing_and_those_before_it() {
    let database = database().await;
    let broken = Migration {
        name: "0003_break",
        sql: "insert into note (id, text) values (2, 'mow'); select 1 / 0",
    };

    let fault = open(&database, &[NOTES, &[broken]].concat()).await;

    let fault = fault.unwrap_err().to_string();
    assert!(fault.contains("division by zero"), "{fault}");
    let db = open(&database, NOTES).await.unwrap();
    assert_eq!(texts(&db).await, ["water the fern"]);
}

#[tokio::test]
async fn an_older_version_works_on_a_newer_database() {
    let database = database().await;
    open(&database, NOTES).await.unwrap();

    let older = open(&database, &NOTES[..1]).await.unwrap();

    assert_eq!(texts(&older).await, ["water the fern"]);
}

#[tokio::test]
async fn a_refused_row_tells_its_constraint_and_not_its_values() {
    let database = database().await;
    let db = open(&database, NOTES).await.unwrap();
    let client = db.get().await.unwrap();

    let fault = client
        .run(INSERT, &[&2_i64, &"water the fern"])
        .await
        .unwrap_err();

    assert!(fault.breaks("note_text") && !fault.breaks("note_pkey"));
    assert!(!fault.is_unavailable());
    let shown = format!("{fault} {fault:?}");
    assert!(
        shown.contains("23505") && !shown.contains("fern"),
        "{shown}"
    );
}

#[tokio::test]
async fn a_transaction_that_is_dropped_leaves_nothing() {
    let database = database().await;
    let db = open(&database, NOTES).await.unwrap();

    let mut client = db.get().await.unwrap();
    let tx = client.transaction().await.unwrap();
    tx.run(INSERT, &[&2_i64, &"mow"]).await.unwrap();
    drop(tx);
    drop(client);

    assert_eq!(texts(&db).await, ["water the fern"]);
}

#[tokio::test]
async fn a_statement_that_takes_too_long_is_unavailable_and_ends() {
    let database = database().await;
    let db = Postgres::open(&url(&database, "options=-c%20statement_timeout=50"), NOTES)
        .await
        .unwrap();

    let fault = db
        .get()
        .await
        .unwrap()
        .all("select pg_sleep(60)", &[])
        .await
        .unwrap_err();

    assert!(fault.is_unavailable(), "{fault}");
    assert!(fault.to_string().contains("57014"), "{fault}");
}

#[tokio::test]
async fn a_statement_that_makes_no_sense_is_a_defect_of_ours() {
    let database = database().await;
    let db = open(&database, NOTES).await.unwrap();

    let fault = db
        .get()
        .await
        .unwrap()
        .all("select colour from note", &[])
        .await
        .unwrap_err();

    assert!(!fault.is_unavailable(), "{fault}");
}

#[tokio::test]
async fn a_server_that_went_away_is_unavailable_and_is_found_again() {
    let mut server = Server::start(Sync::On);
    let database = server.database().await;
    let db = open(&database, NOTES).await.unwrap();
    // More than one idle connection dies.
    let held = join_all((0..4).map(|_| db.get())).await;
    drop(held);

    server.stop();
    // The first may have been given a connection that nobody knew was dead; the next knows better.
    let first = db.ping().await.unwrap_err();
    let gone = db.get().await.err().unwrap();
    server.restart();

    assert!(first.is_unavailable() && gone.is_unavailable(), "{first}");
    assert!(matches!(gone, PostgresError::NoConnection(_)), "{gone}");
    assert_eq!(texts(&db).await, ["water the fern"]);
    db.ping().await.unwrap();
}

#[tokio::test]
async fn a_statement_under_way_when_the_server_stops_is_unavailable() {
    let mut server = Server::start(Sync::Off);
    let database = server.database().await;
    let db = open(&database, NOTES).await.unwrap();
    let client = db.get().await.unwrap();
    let sleeping = tokio::spawn(async move { client.all("select pg_sleep(60)", &[]).await });
    let other = db.get().await.unwrap();
    let busy =
        "select 1 from pg_stat_activity where query like 'select pg_sleep%' and state = 'active'";
    while other.all(busy, &[]).await.unwrap().is_empty() {}

    tokio::task::spawn_blocking(move || server.stop())
        .await
        .unwrap();

    let fault = sleeping.await.unwrap().unwrap_err();
    assert!(fault.is_unavailable(), "{fault}");
}

#[tokio::test]
async fn a_database_that_cannot_be_opened_is_told_without_its_password() {
    let database = database().await;
    let url = database.url_text().replace("postgres@", "nobody:hush@");
    let Ok(StoreUrl::Postgres(url)) = url.parse() else {
        panic!("{url}")
    };

    let fault = Postgres::open(&url, NOTES).await.err().unwrap().to_string();

    assert!(
        fault.contains("nobody") && !fault.contains("hush"),
        "{fault}"
    );
}
