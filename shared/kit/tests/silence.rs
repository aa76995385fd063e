//! A network that swallows everything between a service and PostgreSQL, and closes nothing: what
//! waits for an answer stops waiting, and the next request gets a new connection.

#![expect(clippy::unwrap_used, reason = "a failed test panics")]

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use kit::store::{Postgres, PostgresError, StoreUrl};
use sqlx::{migrate::Migrator, query};
use testkit::postgres::{Database, database};
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    time,
};
use tokio_util::sync::CancellationToken;

/// Stands between a service and its database.
struct Network {
    port: u16,
    /// Cancelled when the connections of now fall silent.
    silence: Arc<Mutex<CancellationToken>>,
}

impl Network {
    async fn before(database: &Database) -> Self {
        let url = database.url_text();
        let (_, server) = url.split_once('@').unwrap();
        let server = server.split_once('/').unwrap().0.to_owned();
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let silence = Arc::new(Mutex::new(CancellationToken::new()));
        let of_now = silence.clone();
        tokio::spawn(async move {
            while let Ok((mut client, _)) = listener.accept().await {
                let silence = of_now.lock().unwrap().clone();
                let server = server.clone();
                tokio::spawn(async move {
                    let mut server = TcpStream::connect(server).await.unwrap();
                    tokio::select! {
                        _ = copy_bidirectional(&mut client, &mut server) => {}
                        () = silence.cancelled() => std::future::pending().await,
                    }
                });
            }
        });
        Self { port, silence }
    }

    /// What is connected hears nothing any more. New connections work.
    fn fall_silent(&self) {
        std::mem::take(&mut *self.silence.lock().unwrap()).cancel();
    }

    /// The database behind it, with one connection, so that one that is lost is missed.
    async fn open(&self, database: &Database) -> Postgres {
        let url = database.url_text();
        let (_, rest) = url.split_once('@').unwrap();
        let (_, name) = rest.split_once('/').unwrap();
        let url = format!("postgres://postgres@127.0.0.1:{}/{name}?pool=1", self.port);
        let StoreUrl::Postgres(url) = url.parse().unwrap() else {
            panic!("{url}")
        };
        let migrations = Migrator::with_migrations(Vec::new());
        Postgres::open(&url, migrations).await.unwrap()
    }
}

/// Waits in no time: nothing but clocks can end what waits for a silent network.
async fn in_no_time<T>(waiting: impl Future<Output = T>) -> T {
    time::pause();
    let ended = waiting.await;
    time::resume();
    ended
}

#[tokio::test]
async fn a_statement_without_an_answer_is_unavailable() {
    let database = database().await;
    let network = Network::before(&database).await;
    let db = network.open(&database).await;
    let mut client = db.get().await.unwrap();
    query("select 1").execute(&mut *client).await.unwrap();

    network.fall_silent();
    let fault = in_no_time(query("select 1").execute(&mut *client)).await;
    let next = query("select 1").execute(&mut *client).await;
    drop(client);

    let fault = PostgresError::from(fault.unwrap_err());
    assert!(fault.is_unavailable(), "{fault}");
    assert!(PostgresError::from(next.unwrap_err()).is_unavailable());
    db.ping().await.unwrap();
}

#[tokio::test]
async fn a_transaction_without_an_answer_is_unavailable() {
    let database = database().await;
    let network = Network::before(&database).await;
    let db = network.open(&database).await;

    for row in [true, false] {
        let mut client = db.get().await.unwrap();
        let mut tx = client.begin().await.unwrap();
        query("select 1").execute(&mut *tx).await.unwrap();
        network.fall_silent();
        let fault: PostgresError = if row {
            let row = in_no_time(query("select 1").fetch_one(&mut *tx)).await;
            row.map(drop).unwrap_err().into()
        } else {
            in_no_time(tx.commit()).await.unwrap_err()
        };
        assert!(fault.is_unavailable(), "{fault}");
    }

    let mut client = db.get().await.unwrap();
    network.fall_silent();
    let fault = in_no_time(client.begin()).await.unwrap_err();
    assert!(fault.is_unavailable(), "{fault}");
    drop(client);
    db.ping().await.unwrap();
}

#[tokio::test]
async fn a_connection_that_is_given_up_in_silence_is_replaced() {
    let database = database().await;
    let network = Network::before(&database).await;
    let db = network.open(&database).await;

    // In the middle of a statement, and between two.
    for statement in [true, false] {
        let mut client = db.get().await.unwrap();
        query("select 1").execute(&mut *client).await.unwrap();
        network.fall_silent();
        in_no_time(async {
            if statement {
                let second = Duration::from_secs(1);
                let given_up = query("select 1").execute(&mut *client);
                time::timeout(second, given_up).await.unwrap_err();
            }
            drop(client);
            // The only connection does not come back by itself: what holds it is a clock.
            time::sleep(Duration::from_secs(60)).await;
        })
        .await;
        db.ping().await.unwrap();
    }
}

#[tokio::test]
async fn who_listens_in_silence_is_told_so() {
    let database = database().await;
    let network = Network::before(&database).await;
    let db = network.open(&database).await;
    let (hear, mut heard) = tokio::sync::mpsc::unbounded_channel();
    let hear = move |said: Option<&str>| hear.send(said.map(str::to_owned)).unwrap();
    let listening = tokio::spawn(async move { db.listen("news", &hear).await });
    assert_eq!(heard.recv().await.unwrap(), None);

    network.fall_silent();
    let Err(fault) = in_no_time(listening).await.unwrap();

    assert!(fault.is_unavailable(), "{fault}");
}
