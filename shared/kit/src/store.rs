//! Data of one service: where it lives, its migrations, SQLite with one writer, and PostgreSQL.

mod meter;
mod migrate;
mod postgres;
mod sqlite;
mod url;

pub use migrate::Migration;
pub use postgres::{Client, Connection, Postgres, PostgresError, Transaction};
pub use sqlite::Sqlite;
pub use url::{BadStoreUrl, PostgresUrl, StoreUrl};

/// A store that cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// SQLite's own error.
    #[error("SQLite: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// The file cannot be made, or not be closed to others.
    #[error("{0}")]
    File(#[source] std::io::Error),
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

/// Whether SQLite's error passes by itself: the disk is full, another program holds the file.
/// Everything else is a defect of ours, or a damaged file: of that, who has the file will tell.
pub fn is_unavailable(fault: &rusqlite::Error) -> bool {
    use rusqlite::ErrorCode::{ConstraintViolation, DatabaseCorrupt, NotADatabase, Unknown};

    let code = fault.sqlite_error_code();
    if let Some(DatabaseCorrupt | NotADatabase) = code {
        sqlite::note_damage();
        return false;
    }
    // A value of another type, a statement that is none, a broken rule of the schema.
    !matches!(code, None | Some(Unknown | ConstraintViolation))
}

/// Turns what the stores report into a service's `Error`: `Unavailable` where it passes by itself,
/// `Internal` where it is a defect of ours.
///
/// ```
/// # type Cause = Box<dyn std::error::Error + Send + Sync>;
/// #[derive(Debug)]
/// enum Error {
///     Unavailable(Cause),
///     Internal(Cause),
/// }
/// kit::store_errors!(Error);
///
/// let gone = sqlx::Error::from(std::io::Error::other("gone"));
/// assert!(matches!(Error::from(gone), Error::Unavailable(_)));
/// assert!(matches!(Error::from(sqlx::Error::RowNotFound), Error::Internal(_)));
/// ```
#[macro_export]
macro_rules! store_errors {
    ($error:ty) => {
        impl From<$crate::store::PostgresError> for $error {
            fn from(fault: $crate::store::PostgresError) -> Self {
                match fault.is_unavailable() {
                    true => Self::Unavailable(fault.into()),
                    false => Self::Internal(fault.into()),
                }
            }
        }

        impl From<sqlx::Error> for $error {
            fn from(fault: sqlx::Error) -> Self {
                $crate::store::PostgresError::from(fault).into()
            }
        }

        impl From<rusqlite::Error> for $error {
            fn from(fault: rusqlite::Error) -> Self {
                match $crate::store::is_unavailable(&fault) {
                    true => Self::Unavailable(fault.into()),
                    false => Self::Internal(fault.into()),
                }
            }
        }
    };
}
