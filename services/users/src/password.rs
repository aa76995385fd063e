//! Passwords at rest: argon2id with OWASP's parameters (m = 19 MiB, t = 2, p = 1; OWASP Password
//! Storage Cheat Sheet), hashed off the async threads, a bounded number at a time.

use std::{sync::Arc, time::Duration};

use argon2::{Argon2, PasswordHash, PasswordHasher, PasswordVerifier};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Semaphore;

use crate::Error;

/// How long a password may wait for its turn.
const PATIENCE: Duration = Duration::from_secs(3);

/// Hashes and checks passwords.
#[derive(Clone)]
pub struct Passwords {
    turns: Arc<Semaphore>,
    /// Checked for unknown e-mail addresses, so that they take as long as known ones.
    decoy: Arc<str>,
}

impl Passwords {
    /// As many at a time as there are processors: each takes 19 MiB and all of a processor.
    pub fn new() -> Result<Self, Error> {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        let decoy = hash_now("no account has this password")?;
        Ok(Self {
            turns: Arc::new(Semaphore::new(processors)),
            decoy: decoy.into(),
        })
    }

    /// The hash to store, in PHC string format.
    pub async fn hash(&self, password: &SecretString) -> Result<String, Error> {
        let password = password.clone();
        self.in_turn(move || hash_now(password.expose_secret()))
            .await?
    }

    /// Whether the password belongs to the hash. Without a hash it is not, after the same time.
    pub async fn matches(
        &self,
        password: &SecretString,
        hash: Option<String>,
    ) -> Result<bool, Error> {
        let (password, decoy) = (password.clone(), self.decoy.clone());
        self.in_turn(move || {
            let known = hash.is_some();
            let hash = PasswordHash::new(hash.as_deref().unwrap_or(&decoy)).map_err(internal)?;
            let password = password.expose_secret().as_bytes();
            Ok(Argon2::default().verify_password(password, &hash).is_ok() && known)
        })
        .await?
    }

    async fn in_turn<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Error> {
        let turn = tokio::time::timeout(PATIENCE, self.turns.clone().acquire_owned()).await;
        let turn = turn
            .map_err(|_| Error::Busy)?
            .map_err(|fault| Error::Internal(fault.into()))?;
        let work = move || {
            let result = work();
            drop(turn);
            result
        };
        tokio::task::spawn_blocking(work)
            .await
            .map_err(|fault| Error::Internal(fault.into()))
    }
}

fn hash_now(password: &str) -> Result<String, Error> {
    let hash: argon2::password_hash::phc::PasswordHash = Argon2::default()
        .hash_password(password.as_bytes())
        .map_err(internal)?;
    Ok(hash.to_string())
}

fn internal(fault: impl std::fmt::Display) -> Error {
    Error::Internal(format!("argon2: {fault}").into())
}
