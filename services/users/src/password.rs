//! Passwords at rest: argon2id with OWASP's parameters (m = 19 MiB, t = 2, p = 1; OWASP Password
//! Storage Cheat Sheet), hashed off the async threads, a bounded number at a time.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use argon2::{Argon2, PasswordHash, PasswordHasher, PasswordVerifier};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Semaphore;

use crate::Error;

/// How long a password may wait for a processor.
const WAIT_TIMEOUT: Duration = Duration::from_secs(3);

/// Hashes and checks passwords.
#[derive(Clone)]
pub struct Passwords {
    processors: Arc<Semaphore>,
    /// Checked for unknown e-mail addresses, so that they take as long as known ones.
    decoy: Arc<str>,
}

impl Passwords {
    /// As many at a time as there are processors: each takes 19 MiB and all of a processor.
    pub fn new() -> Result<Self, Error> {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        let decoy = hash_now("no account has this password")?;
        Ok(Self {
            processors: Arc::new(Semaphore::new(processors)),
            decoy: decoy.into(),
        })
    }

    /// The hash to store, in PHC string format.
    pub async fn hash(&self, password: &SecretString) -> Result<String, Error> {
        let password = password.clone();
        self.run("hash", move || hash_now(password.expose_secret()))
            .await
    }

    /// Whether the password belongs to the hash. Without a hash it is not, after the same time.
    pub async fn matches(
        &self,
        password: &SecretString,
        hash: Option<String>,
    ) -> Result<bool, Error> {
        let (password, decoy) = (password.clone(), self.decoy.clone());
        self.run("check", move || {
            let known = hash.is_some();
            let hash = PasswordHash::new(hash.as_deref().unwrap_or(&decoy)).map_err(internal)?;
            let password = password.expose_secret().as_bytes();
            Ok(Argon2::default().verify_password(password, &hash).is_ok() && known)
        })
        .await
    }

    /// Runs this work on a thread of its own once a processor is free for it.
    async fn run<T: Send + 'static>(
        &self,
        name: &'static str,
        work: impl FnOnce() -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let permit = self.processors.clone().acquire_owned();
        let permit = tokio::time::timeout(WAIT_TIMEOUT, permit).await;
        let permit = permit
            .map_err(|_| Error::Busy)?
            .expect("the semaphore is never closed");
        let started = Instant::now();
        let work = tokio::task::spawn_blocking(move || {
            let result = work();
            drop(permit);
            result
        });
        let result = work.await.map_err(|fault| Error::Internal(fault.into()))?;
        metrics::histogram!("password_seconds", "work" => name).record(started.elapsed());
        result
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_hash_names_the_parameters_and_matches_its_password_alone() {
        let passwords = Passwords::new().unwrap();
        let (right, wrong) = ("correct horse".into(), "wrong horse".into());

        let hash = passwords.hash(&right).await.unwrap();

        assert!(
            hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
            "{hash}"
        );
        assert!(passwords.matches(&right, Some(hash.clone())).await.unwrap());
        assert!(!passwords.matches(&wrong, Some(hash.clone())).await.unwrap());
        assert_ne!(passwords.hash(&right).await.unwrap(), hash, "salted");
    }

    #[tokio::test]
    async fn not_even_the_decoys_own_password_opens_an_account_that_is_not_there() {
        let passwords = Passwords::new().unwrap();
        let decoys = "no account has this password".into();

        assert!(!passwords.matches(&decoys, None).await.unwrap());
    }

    #[tokio::test(start_paused = true)]
    async fn a_password_that_waits_too_long_is_refused_and_the_next_one_is_not() {
        let passwords = Passwords::new().unwrap();
        let password = "correct horse".into();
        let processors = u32::try_from(passwords.processors.available_permits()).unwrap();
        let all = passwords.processors.acquire_many(processors).await.unwrap();

        let refused = passwords.hash(&password).await;
        drop(all);
        let served = passwords.hash(&password).await;

        assert!(matches!(refused, Err(Error::Busy)));
        assert!(served.is_ok());
    }
}
