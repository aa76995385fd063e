//! PostgreSQL as every service uses it: a real server, and what happens when it goes away.

#![expect(clippy::unwrap_used, reason = "a failed test panics")]

use std::time::Duration;

use futures::{FutureExt, future::join_all};
use kit::store::{Client, Postgres, PostgresError, PostgresUrl, StoreError, StoreUrl};
use sqlx::{
    Connection as _, PgConnection,
    migrate::{Migration, MigrationType, Migrator},
    query, query_scalar,
};
use testkit::postgres::{Database, Server, Sync, database};

const NOTES: [(&str, &str); 2] = [
    (
        "create notes",
        "create table note (id bigint primary key, text text not null);
         create unique index note_text on note (text)",
    ),
    (
        "write first note",
        "insert into note (id, text) values (1, 'water the fern')",
    ),
];

const INSERT: &str = "insert into note (id, text) values ($1, $2)";

fn url(database: &Database, parameters: &str) -> PostgresUrl {
    match format!("{}?{parameters}", database.url_text()).parse() {
        Ok(StoreUrl::Postgres(url)) => *url,
        other => panic!("{other:?}"),
    }
}

/// What `sqlx::migrate!` makes of files.
fn migrator(migrations: &[(&'static str, &'static str)]) -> Migrator {
    let migrations = (1..).zip(migrations);
    let migrations = migrations.map(|(number, (description, sql))| {
        let sql = sqlx::SqlSafeStr::into_sql_str(*sql);
        Migration::new(
            number,
            (*description).into(),
            MigrationType::Simple,
            sql,
            false,
        )
    });
    Migrator::with_migrations(migrations.collect())
}

async fn open(
    database: &Database,
    migrations: &[(&'static str, &'static str)],
) -> Result<Postgres, StoreError> {
    Postgres::open(&url(database, "pool=4"), migrator(migrations)).await
}

async fn texts(db: &Postgres) -> Vec<String> {
    query_scalar("select text from note order by id")
        .fetch_all(&mut *db.get().await.unwrap())
        .await
        .unwrap()
}

/// Runs a statement that fails.
async fn fails(client: &mut Client, sql: &'static str) -> PostgresError {
    query(sql).execute(&mut **client).await.unwrap_err().into()
}

#[tokio::test]
async fn replicas_that_start_at_once_migrate_once() {
    let database = database().await;

    let replicas = join_all((0..6).map(|_| open(&database, &NOTES))).await;

    for replica in replicas {
        assert_eq!(texts(&replica.unwrap()).await, ["water the fern"]);
    }
}

#[tokio::test]
async fn a_migration_that_fails_leaves_nothing_and_those_before_it() {
    let database = database().await;
    let sql = "insert into note (id, text) values (2, 'mow'); select 1 / 0";
    let [first, second] = NOTES;

    let fault = open(&database, &[first, second, ("break", sql)]).await;

    let fault = fault.unwrap_err().to_string();
    assert!(fault.contains("division by zero"), "{fault}");
    let db = open(&database, &NOTES).await.unwrap();
    assert_eq!(texts(&db).await, ["water the fern"]);
}

#[tokio::test]
async fn an_older_version_works_on_a_newer_database() {
    let database = database().await;
    open(&database, &NOTES).await.unwrap();

    let older = open(&database, &NOTES[..1]).await.unwrap();

    assert_eq!(texts(&older).await, ["water the fern"]);
}

#[tokio::test]
async fn a_refused_row_tells_its_constraint_and_not_its_values() {
    let database = database().await;
    let db = open(&database, &NOTES).await.unwrap();
    let mut client = db.get().await.unwrap();

    let twice = query(INSERT).bind(2_i64).bind("water the fern");
    let fault = PostgresError::from(twice.execute(&mut *client).await.unwrap_err());

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
    let db = open(&database, &NOTES).await.unwrap();

    let mut client = db.get().await.unwrap();
    let mut tx = client.begin().await.unwrap();
    let mow = query(INSERT).bind(2_i64).bind("mow");
    mow.execute(&mut *tx).await.unwrap();
    drop(tx);
    drop(client);

    assert_eq!(texts(&db).await, ["water the fern"]);
}

#[tokio::test]
async fn a_transaction_that_is_given_up_while_it_begins_takes_nothing_along() {
    let database = database().await;
    let one = url(&database, "pool=1");
    let db = Postgres::open(&one, migrator(&NOTES)).await.unwrap();
    let mut client = db.get().await.unwrap();
    // `begin` is on its way, and nobody waits for its answer, which once in a while is there at once.
    while client.begin().now_or_never().is_some() {}
    drop(client);

    let mut client = db.get().await.unwrap();
    let insert = query(INSERT).bind(2_i64).bind("mow");
    insert.execute(&mut *client).await.unwrap();

    let other = open(&database, &NOTES).await.unwrap();
    assert_eq!(texts(&other).await, ["water the fern", "mow"]);
}

#[tokio::test]
async fn a_statement_that_takes_too_long_is_unavailable_and_ends() {
    let database = database().await;
    let url = url(&database, "options=-c%20statement_timeout=50");
    let db = Postgres::open(&url, migrator(&NOTES)).await.unwrap();

    let fault = fails(&mut db.get().await.unwrap(), "select pg_sleep(60)").await;

    assert!(fault.is_unavailable(), "{fault}");
    assert!(fault.to_string().contains("57014"), "{fault}");
}

#[tokio::test]
async fn what_the_server_is_not_told_the_role_may_have() {
    let database = database().await;
    let url = url(&database, "settings=role").with_setting("enable_sort", "off");
    let mut owner = PgConnection::connect_with(&url.connect_options())
        .await
        .unwrap();
    let limit = "do $$ begin execute format('alter role current_user in database %I \
         set statement_timeout = 50', current_database()); end $$";
    query(limit).execute(&mut owner).await.unwrap();

    // A migration has no limit, whoever has set one.
    let slow = [("wait", "select pg_sleep(0.2)")];
    let db = Postgres::open(&url, migrator(&slow)).await.unwrap();
    let mut client = db.get().await.unwrap();

    let fault = fails(&mut client, "select pg_sleep(60)").await;
    assert!(fault.to_string().contains("57014"), "{fault}");
    let sorts: String = query_scalar("show enable_sort")
        .fetch_one(&mut *client)
        .await
        .unwrap();
    assert_eq!(sorts, "on");
}

#[tokio::test]
async fn a_statement_that_makes_no_sense_is_a_defect_of_ours() {
    let database = database().await;
    let db = open(&database, &NOTES).await.unwrap();

    let fault = fails(&mut db.get().await.unwrap(), "select colour from note").await;

    assert!(!fault.is_unavailable(), "{fault}");
}

#[tokio::test]
async fn a_server_that_went_away_is_unavailable_and_is_found_again() {
    let mut server = Server::start(Sync::On);
    let database = server.database().await;
    let db = open(&database, &NOTES).await.unwrap();
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
    let db = open(&database, &NOTES).await.unwrap();
    let mut client = db.get().await.unwrap();
    let sleeping = tokio::spawn(async move { fails(&mut client, "select pg_sleep(60)").await });
    let mut other = db.get().await.unwrap();
    let busy =
        "select 1 from pg_stat_activity where query like 'select pg_sleep%' and state = 'active'";
    while query(busy).fetch_all(&mut *other).await.unwrap().is_empty() {}

    tokio::task::spawn_blocking(move || server.stop())
        .await
        .unwrap();

    let fault = sleeping.await.unwrap();
    assert!(fault.is_unavailable(), "{fault}");
}

#[tokio::test]
async fn a_database_that_cannot_be_opened_is_told_without_its_password() {
    let database = database().await;
    let url = database.url_text().replace("postgres@", "nobody:hush@");
    let Ok(StoreUrl::Postgres(url)) = url.parse() else {
        panic!("{url}")
    };

    let fault = Postgres::open(&url, migrator(&NOTES))
        .await
        .err()
        .unwrap()
        .to_string();

    assert!(
        fault.contains("nobody") && !fault.contains("hush"),
        "{fault}"
    );
}

#[tokio::test]
async fn what_waiting_cannot_mend_is_told_at_once() {
    let database = database().await;
    let good = database.url_text();
    let (server, _) = good.rsplit_once('/').unwrap();
    let unknown_role = good.replace("postgres@", "nobody:hush@");

    for url in [format!("{server}/nothing"), unknown_role] {
        let Ok(StoreUrl::Postgres(url)) = url.parse() else {
            panic!("{url}")
        };
        let opened = Postgres::open(&url, migrator(&NOTES));
        let opened = tokio::time::timeout(Duration::from_secs(5), opened).await;
        assert!(opened.expect("at once").is_err());
    }
}

#[tokio::test]
async fn a_server_that_starts_later_is_waited_for() {
    let mut server = Server::start(Sync::Off);
    let database = server.database().await;
    server.stop();
    let url = url(&database, "pool=4");

    let mut opening = std::pin::pin!(Postgres::open(&url, migrator(&NOTES)));
    let early = tokio::time::timeout(Duration::from_millis(600), &mut opening).await;
    assert!(early.is_err(), "it waits");
    server.restart();

    let db = opening.await.unwrap();
    assert_eq!(texts(&db).await, ["water the fern"]);
}

/// The names in the table that versions before sqlx keep.
async fn legacy_names(db: &Postgres) -> Vec<String> {
    query_scalar("select name from migration order by name")
        .fetch_all(&mut *db.get().await.unwrap())
        .await
        .unwrap()
}

/// What a version before sqlx does when it starts, with these migrations.
async fn start_older(db: &Postgres, migrations: &[(&str, &'static str)]) {
    let mut db = db.get().await.unwrap();
    let table = "create table if not exists migration (
           name text primary key, applied_at bigint not null)";
    query(table).execute(&mut *db).await.unwrap();
    for (name, sql) in migrations {
        let mut tx = db.begin().await.unwrap();
        let enter = "insert into migration (name, applied_at)
             values ($1, extract(epoch from now()) * 1000) on conflict do nothing";
        let entered = query(enter).bind(*name).execute(&mut *tx).await.unwrap();
        if entered.rows_affected() == 1 {
            sqlx::raw_sql(*sql).execute(&mut *tx).await.unwrap();
        }
        tx.commit().await.unwrap();
    }
}

const OLDER: [(&str, &str); 2] = [
    ("0001_create_notes", NOTES[0].1),
    ("0002_write_first_note", NOTES[1].1),
];

#[tokio::test]
async fn what_an_older_version_applied_is_not_applied_again() {
    let database = database().await;
    let empty = open(&database, &[]).await.unwrap();
    start_older(&empty, &OLDER[..1]).await;
    let [first, second] = NOTES;
    let all = [
        first,
        second,
        ("add colours", "alter table note add colour text"),
    ];

    let replicas = join_all((0..3).map(|_| open(&database, &all))).await;

    let newer = replicas.into_iter().next().unwrap().unwrap();
    assert_eq!(texts(&newer).await, ["water the fern"]);
    // And the older one, which knows the second as well, restarts.
    let names = [
        "0001_create_notes",
        "0002_write_first_note",
        "0003_add_colours",
    ];
    assert_eq!(legacy_names(&newer).await, names);
    start_older(&newer, &OLDER).await;
    assert_eq!(texts(&newer).await, ["water the fern"]);
    let versions = "select version from _sqlx_migrations where success order by version";
    let versions: Vec<i64> = query_scalar(versions)
        .fetch_all(&mut *newer.get().await.unwrap())
        .await
        .unwrap();
    assert_eq!(versions, [1, 2, 3]);
}

#[tokio::test]
async fn a_new_database_has_no_table_of_older_versions() {
    let database = database().await;
    let db = open(&database, &NOTES).await.unwrap();

    let legacy: Option<String> = query_scalar("select to_regclass('migration')::text")
        .fetch_one(&mut *db.get().await.unwrap())
        .await
        .unwrap();

    assert_eq!(legacy, None);
}

#[tokio::test]
async fn a_migration_that_was_changed_after_it_was_applied_is_refused() {
    let database = database().await;
    open(&database, &NOTES).await.unwrap();
    let [first, (second, _)] = NOTES;

    let fault = open(&database, &[first, (second, "select 1")]).await.err();

    assert!(fault.unwrap().to_string().contains("has been modified"));
}

#[tokio::test]
async fn a_migration_may_take_longer_than_a_statement() {
    let database = database().await;
    let url = url(&database, "options=-c%20statement_timeout=50");

    let slow = migrator(&[("wait", "select pg_sleep(0.2)")]);

    Postgres::open(&url, slow).await.unwrap();
}
