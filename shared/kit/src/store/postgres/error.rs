//! Errors of PostgreSQL, sorted.

use std::fmt;

use sqlx::migrate::MigrateError;

/// Why PostgreSQL did not do what was asked. It shows no value of a row: what it says is logged.
#[derive(thiserror::Error)]
pub enum PostgresError {
    /// No connection can be had.
    #[error("no connection: {}", text(.0))]
    NoConnection(sqlx::Error),
    /// A statement failed.
    #[error("{}", text(.0))]
    Statement(sqlx::Error),
    /// A row holds what no version of this program writes.
    #[error("column {0} holds what it should not")]
    Corrupt(&'static str),
}

impl PostgresError {
    /// Whether this passes by itself, so that the same request may work a moment later: no
    /// connection, a server that starts, stops or is out of room, a time-out, a lost deadlock.
    /// Everything else is a defect of ours.
    pub fn is_unavailable(&self) -> bool {
        let fault = match self {
            Self::NoConnection(_) => return true,
            Self::Corrupt(_) => return false,
            Self::Statement(fault) => fault,
        };
        match fault {
            sqlx::Error::Database(fault) => fault.code().is_some_and(|code| {
                // Classes: connection, rollback (deadlock), resources, operator, system.
                ["08", "40", "53", "57", "58"].contains(&&code[..2])
                    || [
                        LOCK_NOT_AVAILABLE,
                        READ_ONLY_SQL_TRANSACTION,
                        IDLE_IN_TRANSACTION_SESSION_TIMEOUT,
                    ]
                    .contains(&&*code)
            }),
            fault => matches!(
                fault,
                sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed
            ),
        }
    }

    /// Whether a server that gave no connection may give one later: one that is not there, starts,
    /// stops, or has none left. A wrong password, an unknown database or a bad certificate stay so.
    pub(super) fn may_pass(&self) -> bool {
        let Self::NoConnection(fault) = self else {
            return false;
        };
        match fault {
            sqlx::Error::Database(fault) => fault.code().is_some_and(|code| {
                // Classes: connection, resources, operator.
                ["08", "53", "57"].contains(&&code[..2])
            }),
            sqlx::Error::Io(fault) => {
                let cause = fault.get_ref();
                !cause.is_some_and(|cause| cause.is::<rustls::Error>())
            }
            sqlx::Error::PoolTimedOut => true,
            _ => false,
        }
    }

    /// Whether the constraint or unique index of this name refused the row.
    pub fn breaks(&self, constraint: &str) -> bool {
        match self {
            Self::Statement(sqlx::Error::Database(fault)) => fault.constraint() == Some(constraint),
            _ => false,
        }
    }
}

const LOCK_NOT_AVAILABLE: &str = "55P03";
/// A failover leaves a server that only reads.
const READ_ONLY_SQL_TRANSACTION: &str = "25006";
const IDLE_IN_TRANSACTION_SESSION_TIMEOUT: &str = "25P03";

impl From<sqlx::Error> for PostgresError {
    fn from(fault: sqlx::Error) -> Self {
        Self::Statement(fault)
    }
}

impl From<MigrateError> for PostgresError {
    fn from(fault: MigrateError) -> Self {
        Self::Statement(fault.into())
    }
}

impl fmt::Debug for PostgresError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// What happened, without the detail that names a row's values.
fn text(fault: &sqlx::Error) -> String {
    use sqlx::Error;
    match fault {
        Error::Database(fault) => {
            let code = fault.code().unwrap_or_default();
            format!("{} ({code})", fault.message())
        }
        Error::Io(fault) => {
            let cause = fault.get_ref();
            let is_tls = cause.is_some_and(|cause| cause.is::<rustls::Error>());
            format!("{}: {fault}", if is_tls { "TLS" } else { "connection" })
        }
        Error::ColumnDecode { index, .. } => format!("column {index} holds what it should not"),
        Error::Decode(_) => "a row holds what it should not".to_owned(),
        Error::Encode(_) => "a value cannot be sent".to_owned(),
        Error::Migrate(fault) => match &**fault {
            MigrateError::Execute(fault) => text(fault),
            MigrateError::ExecuteMigration(fault, number) => {
                format!("migration {number}: {}", text(fault))
            }
            fault => fault.to_string(),
        },
        fault => fault.to_string(),
    }
}
