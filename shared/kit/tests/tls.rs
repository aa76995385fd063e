//! TLS to a PostgreSQL server with a certificate for 127.0.0.1.

#![expect(clippy::unwrap_used, reason = "a failed test panics")]

use std::fs;

use kit::store::{Postgres, PostgresError, StoreError, StoreUrl};
use sqlx::{migrate::Migrator, query_scalar};
use tempfile::TempDir;
use testkit::postgres::{Database, Server, Sync};

/// A server that speaks TLS, a database on it, and a folder with its certificate and another's.
struct Guarded {
    database: Database,
    folder: TempDir,
    _server: Server,
}

impl Guarded {
    async fn start() -> Self {
        let [own, other] = [(), ()]
            .map(|()| rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap());
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("own.pem"), own.cert.pem()).unwrap();
        fs::write(folder.path().join("other.pem"), other.cert.pem()).unwrap();

        let mut server = Server::start(Sync::Off);
        server.offer_tls(&own.cert.pem(), &own.signing_key.serialize_pem());
        Self {
            database: server.database().await,
            folder,
            _server: server,
        }
    }

    /// Whether the connection of a store with these parameters is encrypted.
    async fn is_encrypted(&self, parameters: &str) -> Result<bool, StoreError> {
        let folder = self.folder.path().to_str().unwrap();
        let store = open(&self.database, &parameters.replace("{folder}", folder)).await?;
        let sql = "select ssl from pg_stat_ssl where pid = pg_backend_pid()";
        let encrypted = query_scalar(sql).fetch_one(&mut *store.get().await?).await;
        Ok(encrypted.map_err(PostgresError::from)?)
    }
}

async fn open(database: &Database, parameters: &str) -> Result<Postgres, StoreError> {
    let url = format!("{}?{parameters}", database.url_text());
    match url.parse().unwrap() {
        StoreUrl::Postgres(url) => {
            Postgres::open(&url, Migrator::with_migrations(Vec::new())).await
        }
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn a_connection_is_as_safe_as_its_url_says() {
    let guarded = Guarded::start().await;

    for (parameters, encrypted) in [
        ("", true),
        ("sslmode=disable", false),
        ("sslmode=prefer", true),
        ("sslmode=require", true),
        ("sslmode=verify-full&sslrootcert={folder}/own.pem", true),
    ] {
        let found = guarded.is_encrypted(parameters).await.unwrap();
        assert_eq!(found, encrypted, "{parameters}");
    }

    for (parameters, fault) in [
        ("sslmode=verify-full", "certificate"),
        ("sslmode=verify-full&sslrootcert={folder}/other.pem", "TLS"),
        (
            "sslmode=verify-full&sslrootcert={folder}/none.pem",
            "none.pem",
        ),
    ] {
        let refused = guarded
            .is_encrypted(parameters)
            .await
            .unwrap_err()
            .to_string();
        assert!(refused.contains(fault), "{parameters}: {refused}");
    }
}

#[tokio::test]
async fn a_server_of_another_name_is_refused() {
    let guarded = Guarded::start().await;
    let folder = guarded.folder.path().display();
    let url = guarded
        .database
        .url_text()
        .replace("127.0.0.1", "localhost");

    let url = format!("{url}?sslmode=verify-full&sslrootcert={folder}/own.pem");
    let StoreUrl::Postgres(url) = url.parse().unwrap() else {
        panic!("{url}")
    };
    let refused = Postgres::open(&url, Migrator::with_migrations(Vec::new()))
        .await
        .unwrap_err()
        .to_string();

    assert!(
        refused.contains("TLS") && refused.contains("certificate"),
        "{refused}"
    );
}

#[tokio::test]
async fn a_server_without_tls_is_refused_where_it_is_required() {
    let database = testkit::postgres::database().await;

    let refused = open(&database, "sslmode=require").await.unwrap_err();

    assert!(refused.to_string().contains("TLS"), "{refused}");
}
