//! Passwords at rest: argon2id with OWASP's parameters (m = 19 MiB, t = 2, p = 1; OWASP Password
//! Storage Cheat Sheet), hashed off the async threads, a bounded number at a time.
//!
//! Who waits for a processor waits in a queue of the client's own, and of each client no more stand
//! in the common queue than there are processors. So clients take turns: one that sends a thousand
//! passwords delays another's only by as much as one that sends two. What would wait for too long is
//! refused at once.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use argon2::{Argon2, PasswordHash, PasswordHasher, PasswordVerifier};
use moka::sync::Cache;
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Semaphore;

use crate::{Client, Error};

/// How long a password may wait for a processor.
const WAIT_TIMEOUT: Duration = Duration::from_secs(3);

/// How many passwords may wait or be worked on for each processor: of one client, and of all. A
/// processor checks about 30 a second.
const OF_CLIENT: usize = 16;
const OF_ALL: usize = 64;

/// How many clients' queues are kept, and for how long after their last password.
const CLIENTS: u64 = 10_000;
const KEPT: Duration = Duration::from_secs(60);

/// Checked for unknown e-mail addresses, so that they take as long as known ones: a password's hash like those
/// of accounts. It stands here because a start would have to wait for it.
const DECOY: &str = "$argon2id$v=19$m=19456,t=2,p=1$H84mmcNPbRBIFIvtwvy/PA$9nRk1qJVsxwZqS+oUIuyz9oX0xHJa6PTXE3FMnMLm3w";

/// Hashes and checks passwords.
#[derive(Clone)]
pub struct Passwords {
    processors: Arc<Semaphore>,
    /// How many there are.
    count: usize,
    places: Arc<Semaphore>,
    clients: Cache<Client, Arc<Queue>>,
}

/// One client's.
struct Queue {
    places: Semaphore,
    /// For the common queue.
    turns: Arc<Semaphore>,
}

impl Default for Passwords {
    /// As many at a time as there are processors: each takes 19 MiB and all of a processor.
    fn default() -> Self {
        let count = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            processors: Arc::new(Semaphore::new(count)),
            count,
            places: Arc::new(Semaphore::new(OF_ALL * count)),
            clients: Cache::builder()
                .max_capacity(CLIENTS)
                .time_to_idle(KEPT)
                .build(),
        }
    }
}

impl Passwords {
    /// The hash to store, in PHC string format.
    pub async fn hash(&self, client: Client, password: &SecretString) -> Result<String, Error> {
        let password = password.clone();
        self.run(client, "hash", move || hash_now(password.expose_secret()))
            .await
    }

    /// Whether the password belongs to the hash. Without a hash it is not, after the same time.
    pub async fn matches(
        &self,
        client: Client,
        password: &SecretString,
        hash: Option<String>,
    ) -> Result<bool, Error> {
        let password = password.clone();
        // Who is kept elsewhere has none here.
        let hash = hash.filter(|hash| !hash.is_empty());
        self.run(client, "check", move || {
            let known = hash.is_some();
            let hash = PasswordHash::new(hash.as_deref().unwrap_or(DECOY)).map_err(internal)?;
            let password = password.expose_secret().as_bytes();
            Ok(Argon2::default().verify_password(password, &hash).is_ok() && known)
        })
        .await
    }

    /// Runs this work on a thread of its own once a processor is free for it.
    async fn run<T: Send + 'static>(
        &self,
        client: Client,
        name: &'static str,
        work: impl FnOnce() -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let queue = self.clients.get_with(client, || self.queue());
        let _place = queue.places.try_acquire().map_err(|_| Error::Busy)?;
        let _of_all = self.places.try_acquire().map_err(|_| Error::Busy)?;
        let permits = async {
            let turn = queue.turns.clone().acquire_owned().await;
            (turn, self.processors.clone().acquire_owned().await)
        };
        let permits = tokio::time::timeout(WAIT_TIMEOUT, permits).await;
        let permits = permits.map_err(|_| Error::Busy)?;
        let started = Instant::now();
        let work = tokio::task::spawn_blocking(move || {
            let result = work();
            drop(permits);
            result
        });
        let result = work.await.map_err(|fault| Error::Internal(fault.into()))?;
        metrics::histogram!("password_seconds", "work" => name).record(started.elapsed());
        result
    }
}

impl Passwords {
    fn queue(&self) -> Arc<Queue> {
        Arc::new(Queue {
            places: Semaphore::new(OF_CLIENT * self.count),
            turns: Arc::new(Semaphore::new(self.count)),
        })
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
    use futures::future::join_all;
    use http::HeaderMap;

    use super::*;

    const HERE: Client = Client::OURSELVES;

    fn client(address: &str) -> Client {
        let mut headers = HeaderMap::new();
        headers.insert("x-forwarded-for", address.parse().unwrap());
        Client::of(&headers)
    }

    #[tokio::test]
    async fn a_hash_names_the_parameters_and_matches_its_password_alone() {
        let passwords = Passwords::default();
        let (right, wrong) = ("correct horse".into(), "wrong horse".into());

        let hash = passwords.hash(HERE, &right).await.unwrap();

        assert!(
            hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
            "{hash}"
        );
        assert!(
            passwords
                .matches(HERE, &right, Some(hash.clone()))
                .await
                .unwrap()
        );
        assert!(
            !passwords
                .matches(HERE, &wrong, Some(hash.clone()))
                .await
                .unwrap()
        );
        assert_ne!(passwords.hash(HERE, &right).await.unwrap(), hash, "salted");
    }

    #[tokio::test]
    async fn not_even_the_decoys_own_password_opens_an_account_that_is_not_there() {
        let passwords = Passwords::default();
        let decoys = SecretString::from("no account has this password");
        let theirs = hash_now(decoys.expose_secret()).unwrap();
        let parameters = |hash: &str| {
            hash.split('$')
                .take(4)
                .map(str::to_owned)
                .collect::<Vec<_>>()
        };
        assert_eq!(parameters(DECOY), parameters(&theirs), "as much work");
        let own = Some(DECOY.to_owned());
        assert!(passwords.matches(HERE, &decoys, own).await.unwrap());

        assert!(!passwords.matches(HERE, &decoys, None).await.unwrap());
    }

    #[tokio::test(start_paused = true)]
    async fn a_password_that_waits_too_long_is_refused_and_the_next_one_is_not() {
        let passwords = Passwords::default();
        let password = "correct horse".into();
        let processors = u32::try_from(passwords.processors.available_permits()).unwrap();
        let all = passwords.processors.acquire_many(processors).await.unwrap();

        let refused = passwords.hash(HERE, &password).await;
        drop(all);
        let served = passwords.hash(HERE, &password).await;

        assert!(matches!(refused, Err(Error::Busy)));
        assert!(served.is_ok());
    }

    #[tokio::test]
    async fn one_client_that_sends_many_does_not_keep_another_waiting() {
        let passwords = Passwords::default();
        let wrong: SecretString = "a wrong password".into();
        let greedy = client("203.0.113.1");
        let check = |client| passwords.matches(client, &wrong, None);
        let mut all = Box::pin(join_all(
            (0..OF_CLIENT * passwords.count).map(|_| check(greedy)),
        ));
        assert!(
            futures::poll!(&mut all).is_pending(),
            "they are in their queue"
        );

        let honest = client("203.0.113.2");
        let first = futures::future::select(Box::pin(check(honest)), all).await;

        let futures::future::Either::Left((checked, _)) = first else {
            panic!("the other waits for all of them");
        };
        assert!(!checked.unwrap());
    }

    #[tokio::test]
    async fn what_one_client_sends_beyond_its_queue_is_refused_at_once() {
        let passwords = Passwords::default();
        let password = "correct horse".into();
        let processors = u32::try_from(passwords.count).unwrap();
        let _all = passwords.processors.acquire_many(processors).await.unwrap();
        let greedy = client("2001:db8::1");
        let queued = (0..OF_CLIENT * passwords.count).map(|_| passwords.hash(greedy, &password));
        let mut queued = Box::pin(join_all(queued));
        assert!(futures::poll!(&mut queued).is_pending());

        let same_network = passwords.hash(client("2001:db8::2"), &password);
        let another = passwords.hash(client("2001:db8:0:1::1"), &password);

        let mut another = Box::pin(another);
        assert!(futures::poll!(&mut another).is_pending());
        assert!(matches!(same_network.await, Err(Error::Busy)));
    }
}
