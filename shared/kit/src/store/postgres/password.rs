//! A password that changes while the program runs: it is read from its place at the start, and again when the server
//! refuses the one that is known. Connections that are there go on.
//!
//! It is not read by the clock: a password that the server takes is as good as a new one.

use std::{
    fmt,
    path::PathBuf,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use secrecy::{ExposeSecret, SecretString};
use sqlx::{PgPool, postgres::PgConnectOptions};
use tokio::{sync::Mutex, time::Instant};

/// How long it is not read again: many requests may wait for it.
const PAUSE: Duration = Duration::from_millis(250);

/// Where a password is.
#[derive(Clone, Debug)]
pub(in crate::store) enum Place {
    /// In a file; a line break at its end is none of it.
    File(PathBuf),
    /// In a secret of Secrets Manager.
    #[cfg(feature = "aws-secrets")]
    Secret(super::secret::Secret),
}

impl Place {
    /// The secret of this name or ARN; none in a program without the feature for it.
    pub(in crate::store) fn secret(id: &str) -> Option<Self> {
        #[cfg(feature = "aws-secrets")]
        return Some(Self::Secret(super::secret::Secret::new(id)));
        #[cfg(not(feature = "aws-secrets"))]
        {
            let _ = id;
            None
        }
    }

    pub(super) async fn read(&self) -> Result<SecretString, sqlx::Error> {
        match self {
            Self::File(file) => {
                let told = |fault: &dyn fmt::Display| {
                    let fault = format!("password_file {}: {fault}", file.display());
                    sqlx::Error::Configuration(fault.into())
                };
                let text = tokio::fs::read_to_string(file).await;
                let text = text.map_err(|fault| told(&fault))?;
                match text.trim_end_matches(['\r', '\n']) {
                    "" => Err(told(&"expected a password")),
                    password => Ok(password.into()),
                }
            }
            #[cfg(feature = "aws-secrets")]
            Self::Secret(secret) => secret.password().await,
        }
    }
}

/// The password that a pool connects with.
#[derive(Debug)]
pub(super) struct Password {
    place: Place,
    known: Mutex<Known>,
    /// How often it was found to be another one.
    changes: AtomicU64,
}

#[derive(Debug)]
struct Known {
    password: SecretString,
    read: Instant,
}

impl Password {
    /// Reads it for the first time.
    pub(super) async fn at(place: Place) -> Result<Self, sqlx::Error> {
        let known = Known {
            password: place.read().await?,
            read: Instant::now(),
        };
        Ok(Self {
            place,
            known: Mutex::new(known),
            changes: AtomicU64::new(0),
        })
    }

    /// The options with the password that was read last.
    pub(super) async fn added_to(&self, options: PgConnectOptions) -> PgConnectOptions {
        options.password(self.known.lock().await.password.expose_secret())
    }

    pub(super) fn changes(&self) -> u64 {
        self.changes.load(Ordering::Acquire)
    }

    /// Gives the pool another password, after that of so many changes was refused. Says whether there is one. Where it
    /// is changed in the server first, its place has it a moment later.
    pub(super) async fn renew(&self, pool: &PgPool, refused: u64) -> bool {
        let mut known = self.known.lock().await;
        if self.changes() != refused {
            return true;
        }
        if known.read.elapsed() < PAUSE {
            return false;
        }
        let read = self.place.read().await;
        known.read = Instant::now();
        match read {
            Ok(read) if read.expose_secret() == known.password.expose_secret() => false,
            Ok(read) => {
                let options = (*pool.connect_options()).clone();
                pool.set_connect_options(options.password(read.expose_secret()));
                known.password = read;
                self.changes.fetch_add(1, Ordering::Release);
                tracing::info!("PostgreSQL's password has changed");
                true
            }
            Err(fault) => {
                tracing::warn!(%fault, "PostgreSQL's password cannot be read again");
                false
            }
        }
    }
}

/// Whether the server refuses who connects: by the password, or at all, as RDS Proxy says it.
pub(super) fn is_refusal(fault: &sqlx::Error) -> bool {
    let code = fault.as_database_error().and_then(|fault| fault.code());
    code.is_some_and(|code| ["28P01", "28000"].contains(&&*code))
}
