//! A password of PostgreSQL that changes while the program runs: in a file, and in Secrets Manager where an emulator is
//! named (`cargo xtask test stores-aws`).

#![expect(clippy::unwrap_used, reason = "a failed test panics")]

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use kit::store::{Postgres, PostgresError, PostgresUrl, StoreError, StoreUrl};
use sqlx::{AssertSqlSafe, Connection, PgConnection, migrate::Migrator, query, raw_sql};
use tempfile::TempDir;
use testkit::postgres::{Database, Server, Sync};
use tokio::{task::JoinSet, time::sleep};

/// A server that asks for passwords, and one role's in a place of its own.
struct Guarded {
    server: Server,
    database: Database,
    place: Place,
}

enum Place {
    File(TempDir),
    #[cfg(feature = "aws-secrets")]
    Secret(testkit::secrets::Secret),
}

impl Place {
    /// Each that there is.
    async fn all() -> Vec<Self> {
        let file = Self::File(tempfile::tempdir().unwrap());
        #[cfg(feature = "aws-secrets")]
        return vec![file, Self::Secret(testkit::secrets::Secret::new().await)];
        #[cfg(not(feature = "aws-secrets"))]
        vec![file]
    }

    async fn write(&self, password: &str) {
        match self {
            Self::File(folder) => {
                std::fs::write(folder.path().join("password"), format!("{password}\n")).unwrap();
            }
            #[cfg(feature = "aws-secrets")]
            Self::Secret(secret) => {
                let text = format!(r#"{{"username":"shop","password":"{password}"}}"#);
                secret.write(&text).await;
            }
        }
    }

    /// As a parameter of the URL.
    fn parameter(&self) -> String {
        match self {
            Self::File(folder) => {
                format!("password_file={}", folder.path().join("password").display())
            }
            #[cfg(feature = "aws-secrets")]
            Self::Secret(secret) => format!("password_secret={}", secret.arn()),
        }
    }
}

impl Guarded {
    async fn start(place: Place) -> Self {
        let mut server = Server::start(Sync::Off);
        server.ask_for_passwords();
        let database = server.database().await;
        let guarded = Self {
            server,
            database,
            place,
        };
        let role = "create role shop login; grant create on schema public to shop";
        guarded.run(role).await;
        guarded.change("first").await;
        guarded.place.write("first").await;
        guarded
    }

    fn url(&self, parameters: &str) -> PostgresUrl {
        let url = self.database.url_text().replace("postgres@", "shop@");
        match format!("{url}?{parameters}").parse().unwrap() {
            StoreUrl::Postgres(url) => *url,
            other => panic!("{other}"),
        }
    }

    async fn open(&self) -> Result<Postgres, StoreError> {
        let url = self.url(&format!("pool=8&{}", self.place.parameter()));
        Postgres::open(&url, Migrator::with_migrations(Vec::new())).await
    }

    /// Changes the password in the server alone.
    async fn change(&self, password: &str) {
        self.run(&format!("alter role shop password '{password}'"))
            .await;
    }

    /// Ends the role's connections, and says how many there were.
    async fn end_connections(&self) -> u64 {
        self.run("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'shop'")
            .await
    }

    async fn run(&self, sql: &str) -> u64 {
        let mut db = PgConnection::connect(&self.database.url_text())
            .await
            .unwrap();
        let ran = raw_sql(AssertSqlSafe(sql)).execute(&mut db).await.unwrap();
        db.close().await.unwrap();
        ran.rows_affected()
    }
}

/// Requests that come until they are ended.
struct Load {
    requests: JoinSet<()>,
    ended: Arc<AtomicBool>,
    done: Arc<AtomicUsize>,
    failed: Arc<AtomicUsize>,
}

impl Load {
    fn of(db: &Postgres, clients: usize) -> Self {
        let mut load = Self {
            requests: JoinSet::new(),
            ended: Arc::default(),
            done: Arc::default(),
            failed: Arc::default(),
        };
        for _ in 0..clients {
            let (db, ended) = (db.clone(), load.ended.clone());
            let (done, failed) = (load.done.clone(), load.failed.clone());
            load.requests.spawn(async move {
                while !ended.load(Ordering::Relaxed) {
                    match request(&db).await {
                        Ok(()) => done.fetch_add(1, Ordering::Relaxed),
                        Err(fault) => {
                            assert!(fault.is_unavailable(), "{fault}");
                            failed.fetch_add(1, Ordering::Relaxed)
                        }
                    };
                }
            });
        }
        load
    }

    /// Until so many more have been answered.
    async fn answers(&self, more: usize) {
        let wanted = self.done.load(Ordering::Relaxed) + more;
        while self.done.load(Ordering::Relaxed) < wanted {
            sleep(Duration::from_millis(5)).await;
        }
    }

    /// How many failed.
    async fn end(self) -> usize {
        self.ended.store(true, Ordering::Relaxed);
        self.requests.join_all().await;
        self.failed.load(Ordering::Relaxed)
    }
}

async fn request(db: &Postgres) -> Result<(), PostgresError> {
    let mut client = db.get().await?;
    query("select pg_sleep(0.005)")
        .execute(&mut *client)
        .await?;
    Ok(())
}

#[tokio::test]
async fn no_request_fails_while_the_password_changes() {
    for place in Place::all().await {
        let shop = Guarded::start(place).await;
        let db = shop.open().await.unwrap();
        let load = Load::of(&db, 2);
        load.answers(20).await;

        // Its place has it later than the server, and by then there are more requests than connections.
        shop.change("second").await;
        let more = Load::of(&db, 16);
        sleep(Duration::from_millis(600)).await;
        shop.place.write("second").await;
        more.answers(400).await;

        assert_eq!((load.end().await, more.end().await), (0, 0));
    }
}

#[tokio::test]
async fn connections_that_end_after_a_change_fail_what_is_under_way_and_nothing_else() {
    for place in Place::all().await {
        let shop = Guarded::start(place).await;
        let db = shop.open().await.unwrap();
        let load = Load::of(&db, 16);
        load.answers(100).await;

        shop.change("second").await;
        shop.place.write("second").await;
        let ended = shop.end_connections().await as usize;
        load.answers(400).await;

        let failed = load.end().await;
        assert!(failed <= ended, "{failed} failed for {ended} connections");
        let none = Load::of(&db, 16);
        none.answers(100).await;
        assert_eq!(none.end().await, 0);
    }
}

#[tokio::test]
async fn who_listens_hears_again_after_a_change() {
    for place in Place::all().await {
        let shop = Guarded::start(place).await;
        let db = shop.open().await.unwrap();
        let (hear, mut heard) = tokio::sync::mpsc::unbounded_channel();
        let hear = move |said: Option<&str>| hear.send(said.map(str::to_owned)).unwrap();
        let listening = tokio::spawn(async move {
            // As the relay of events does it.
            loop {
                let _ = db.listen("news", &hear).await;
            }
        });
        assert_eq!(heard.recv().await.unwrap(), None);

        shop.change("second").await;
        shop.place.write("second").await;
        shop.end_connections().await;
        assert_eq!(heard.recv().await.unwrap(), None);
        shop.run("notify news, 'rain'").await;

        assert_eq!(heard.recv().await.unwrap().as_deref(), Some("rain"));
        listening.abort();
    }
}

#[tokio::test]
async fn a_connection_of_nobodys_pool_has_the_password_of_now() {
    for place in Place::all().await {
        let shop = Guarded::start(place).await;
        let url = shop.url(&shop.place.parameter());
        let options = url.complete_options([]).unwrap();
        url.connect(&options).await.unwrap();

        shop.change("second").await;
        shop.place.write("second").await;

        url.connect(&options).await.unwrap();
    }
}

#[tokio::test]
async fn a_wrong_password_is_told_at_once_and_a_known_one_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("password");
    let shop = Guarded::start(Place::File(folder)).await;

    for (text, told) in [
        (Some("wrong"), "password authentication failed"),
        (Some("\n"), "expected a password"),
        (None, "No such file"),
    ] {
        match text {
            Some(text) => std::fs::write(&file, text).unwrap(),
            None => std::fs::remove_file(&file).unwrap(),
        }
        let started = Instant::now();
        let refused = shop.open().await.unwrap_err().to_string();
        assert!(refused.contains(told), "{refused}");
        assert!(!refused.contains("wrong"), "{refused}");
        assert!(started.elapsed() < Duration::from_secs(4));
    }

    shop.place.write("first").await;
    let db = shop.open().await.unwrap();
    std::fs::remove_file(&file).unwrap();
    shop.end_connections().await;
    let _ = request(&db).await;
    request(&db).await.unwrap();

    shop.change("second").await;
    shop.end_connections().await;
    let _ = request(&db).await;
    let refused = request(&db).await.unwrap_err();
    assert!(refused.is_unavailable(), "{refused}");
    shop.place.write("second").await;
    request(&db).await.unwrap();
    drop(shop.server);
}
