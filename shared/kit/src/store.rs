//! Data of one service: where it lives, its migrations, SQLite with one writer, and PostgreSQL.

mod migrate;
mod postgres;
mod sqlite;
mod tls;
mod url;

pub use migrate::Migration;
pub use postgres::{Client, Postgres, PostgresError, Statements, Transaction};
pub use sqlite::Sqlite;
pub use url::{BadStoreUrl, PostgresUrl, StoreUrl};

/// A store that cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// SQLite's own error.
    #[error("SQLite: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// The file was written by a newer version of this program.
    #[error("the database knows migration {0}, which this version does not")]
    NewerDatabase(String),
    /// The writer thread could not be started.
    #[error("the writer thread could not be started: {0}")]
    Thread(#[from] std::io::Error),
    /// PostgreSQL cannot be reached or refuses.
    #[error("PostgreSQL: {0}")]
    Postgres(#[from] PostgresError),
    /// The authorities that may vouch for the server cannot be read.
    #[error("sslrootcert: {0}")]
    RootCert(String),
}
