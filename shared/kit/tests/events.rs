//! Events over a real PostgreSQL: what its relays do when connections and consumers fail. What both
//! databases promise, the services' store contracts test.

#![expect(clippy::unwrap_used, reason = "a failed test panics")]

use std::{collections::HashSet, sync::Arc};

use async_trait::async_trait;
use kit::{
    events::{Consumer, Event, Fault, Outbox, Relay, postgres},
    store::{Postgres, StoreUrl},
};
use sqlx::{
    SqlSafeStr,
    migrate::{Migration, MigrationType, Migrator},
    query, query_scalar,
};
use testkit::postgres::{Database, database};
use tokio::sync::{Notify, mpsc};
use tokio_util::sync::CancellationToken;

const OUTBOX: &str = "create table outbox (
       seq bigint generated always as identity primary key,
       id uuid not null,
       topic text not null,
       key text not null,
       payload text not null,
       at bigint not null
     );
     create index outbox_of_key on outbox (key, seq);
     create table consumed_event (id uuid primary key)";

async fn open(database: &Database) -> Postgres {
    let StoreUrl::Postgres(url) = database.url() else {
        panic!("no PostgreSQL")
    };
    let sql = OUTBOX.into_sql_str();
    let outbox = Migration::new(1, "create outbox".into(), MigrationType::Simple, sql, false);
    let migrator = Migrator::with_migrations(vec![outbox]);
    Postgres::open(&url, migrator).await.unwrap()
}

async fn append(db: &Postgres, key: &str, topic: &str) {
    let event = Event::new(topic, key, &());
    postgres::append(&mut *db.get().await.unwrap(), &event)
        .await
        .unwrap();
}

/// Passes on what it is told.
struct Told(mpsc::UnboundedSender<(String, String)>);

#[async_trait]
impl Consumer for Told {
    fn name(&self) -> &'static str {
        "a test"
    }

    async fn consume(&self, events: &[Event]) -> Result<(), Fault> {
        for event in events {
            self.0.send((event.key.clone(), event.topic.clone()))?;
        }
        Ok(())
    }
}

/// Begins with what it is told, and never ends.
struct Dies(mpsc::UnboundedSender<usize>);

#[async_trait]
impl Consumer for Dies {
    fn name(&self) -> &'static str {
        "who dies"
    }

    async fn consume(&self, events: &[Event]) -> Result<(), Fault> {
        self.0.send(events.len())?;
        std::future::pending().await
    }
}

#[tokio::test]
async fn what_a_relay_holds_others_pass_over_until_it_dies() {
    let database = database().await;
    let (one, other) = (open(&database).await, open(&database).await);
    append(&one, "fern", "bought").await;
    append(&one, "fern", "shipped").await;
    let (begun, mut begins) = mpsc::unbounded_channel();
    let (tell, mut told) = mpsc::unbounded_channel();
    let told_by: Vec<Arc<dyn Consumer>> = vec![Arc::new(Told(tell))];
    let outbox = postgres::PostgresOutbox::new(one.clone());
    let dying = tokio::spawn(async move { outbox.dispatch(&[Arc::new(Dies(begun)) as _]).await });
    assert_eq!(
        begins.recv().await.unwrap(),
        1,
        "the first of the key alone"
    );
    append(&one, "ivy", "bought").await;

    let outbox = postgres::PostgresOutbox::new(other);
    let meanwhile = outbox.dispatch(&told_by).await.unwrap();
    dying.abort();
    assert!(dying.await.unwrap_err().is_cancelled());
    while told.len() < 3 {
        outbox.dispatch(&told_by).await.unwrap();
    }

    assert_eq!(meanwhile, 1);
    let mut heard = Vec::new();
    while let Ok((key, topic)) = told.try_recv() {
        heard.push(format!("{key} {topic}"));
    }
    assert_eq!(heard, ["ivy bought", "fern bought", "fern shipped"]);
}

#[tokio::test]
async fn a_relay_learns_of_other_replicas_again_after_its_connection_broke() {
    let database = database().await;
    let (one, other) = (open(&database).await, open(&database).await);
    let (append_seen, mut appends) = mpsc::unbounded_channel();
    let (tell, mut told) = mpsc::unbounded_channel();
    let relay = Relay {
        outbox: Arc::new(postgres::PostgresOutbox::new(other)),
        consumers: vec![Arc::new(Told(tell))],
        wake: Arc::new(Notify::new()),
        on_append: Arc::new(move |key| {
            let _ = append_seen.send(key.map(str::to_owned));
        }),
    };
    let stop = CancellationToken::new();
    let running = tokio::spawn(relay.run(stop.clone()));
    assert_eq!(appends.recv().await.unwrap(), None);
    append(&one, "fern", "bought").await;
    assert_eq!(appends.recv().await.unwrap().as_deref(), Some("fern"));
    assert_eq!(told.recv().await.unwrap().0, "fern");

    let kill = "select pg_terminate_backend(pid) from pg_stat_activity
         where datname = current_database() and query ilike 'listen%'";
    let killed = query(kill).execute(&mut *one.get().await.unwrap()).await;
    assert_eq!(killed.unwrap().rows_affected(), 1);

    assert_eq!(
        appends.recv().await.unwrap(),
        None,
        "some may have been missed"
    );
    append(&one, "ivy", "bought").await;
    assert_eq!(appends.recv().await.unwrap().as_deref(), Some("ivy"));
    assert_eq!(told.recv().await.unwrap().0, "ivy");
    stop.cancel();
    running.await.unwrap();
}

#[tokio::test]
async fn what_is_counted_is_forgotten_after_thirty_days() {
    let database = database().await;
    let db = open(&database).await;
    let mut client = db.get().await.unwrap();
    let days_ago = |days: u64| {
        let ms = jiff::Timestamp::now().as_millisecond() as u64 - days * 86_400_000;
        uuid::Builder::from_unix_timestamp_millis(ms, &[days as u8; 10]).into_uuid()
    };
    let [old, kept, new] = [days_ago(31), days_ago(29), days_ago(0)];
    let insert = "insert into consumed_event (id) select unnest($1::uuid[])";
    let counted = query(insert).bind([old, kept]);
    counted.execute(&mut *client).await.unwrap();

    let first = postgres::first_times(&mut client, &[new, old, kept, new]).await;

    assert_eq!(first.unwrap(), HashSet::from([new]));
    let left = query_scalar("select id from consumed_event order by id");
    let left: Vec<uuid::Uuid> = left.fetch_all(&mut *client).await.unwrap();
    assert_eq!(left, [kept, new]);
}
