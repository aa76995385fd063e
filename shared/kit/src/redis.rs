//! Redis, for what may be lost: shared limits, kept answers, and events on their way. Nothing here
//! is the only copy of anything.
//!
//! A Redis that is gone must not slow down what works without it: every call has a short time-out,
//! and after a failed one the calls of the next second fail at once.

use std::{
    convert::Infallible,
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use futures::StreamExt;
use redis::{
    Client, Cmd, ErrorKind, FromRedisValue, RedisError, ScriptInvocation, Value,
    aio::{ConnectionManager, ConnectionManagerConfig},
};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize, Serializer};
use tokio::time::timeout;

/// How long a call may take.
const TIMEOUT: Duration = Duration::from_millis(250);

/// How much longer than it waits a blocking call may take.
const MARGIN: Duration = Duration::from_secs(1);

/// After how long without a message it is asked whether Redis is still there.
const SILENCE: Duration = Duration::from_secs(1);

/// How long calls fail at once after one has failed.
const PAUSE: Duration = Duration::from_secs(1);

/// Where Redis is: `redis://[user:password@]host:port/[database]`, or `rediss://` for TLS with a
/// certificate that the system trusts (`SSL_CERT_FILE` names others). It may hold a password, so it
/// is never shown.
#[derive(Clone, Deserialize)]
#[serde(try_from = "String")]
pub struct RedisUrl(SecretString);

/// A Redis URL that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("expected redis://[user:password@]host:port/[database], or rediss:// for TLS")]
pub struct BadRedisUrl;

impl TryFrom<String> for RedisUrl {
    type Error = BadRedisUrl;

    fn try_from(url: String) -> Result<Self, BadRedisUrl> {
        Client::open(url.as_str()).map_err(|_| BadRedisUrl)?;
        Ok(Self(url.into()))
    }
}

impl Serialize for RedisUrl {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str("redis://[redacted]")
    }
}

impl fmt::Debug for RedisUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("redis://[redacted]")
    }
}

/// No answer from Redis, or one that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("Redis: {0}")]
pub struct Gone(#[from] RedisError);

/// A connection that restores itself. Clones share it.
#[derive(Clone)]
pub struct Redis {
    connection: ConnectionManager,
    client: Client,
    outage: Arc<Outage>,
}

/// Until when calls fail at once, in microseconds since `since`.
struct Outage {
    since: Instant,
    until: AtomicU64,
}

impl Redis {
    /// Redis at this address; it need not be there yet. Must be called within a Tokio runtime.
    pub fn new(url: &RedisUrl) -> Self {
        let client = Client::open(url.0.expose_secret()).expect("a RedisUrl was checked");
        let connection = connection(&client, TIMEOUT);
        let since = Instant::now();
        let until = AtomicU64::new(0);
        Self {
            connection,
            client,
            outage: Arc::new(Outage { since, until }),
        }
    }

    /// A connection of its own, for commands that wait so long for something to happen.
    pub fn for_blocking_calls(&self, wait: Duration) -> Self {
        Self {
            connection: connection(&self.client, wait + MARGIN),
            client: self.client.clone(),
            outage: self.outage.clone(),
        }
    }

    /// Runs a command.
    pub async fn call<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, Gone> {
        self.refuse_in_outage()?;
        let mut connection = self.connection.clone();
        self.note(command.query_async(&mut connection).await)
    }

    /// Runs a script.
    pub async fn run<T: FromRedisValue>(&self, script: &ScriptInvocation<'_>) -> Result<T, Gone> {
        self.refuse_in_outage()?;
        let mut connection = self.connection.clone();
        self.note(script.invoke_async(&mut connection).await)
    }

    /// Whether Redis answers.
    pub async fn ping(&self) -> Result<(), Gone> {
        let mut connection = self.connection.clone();
        Ok(redis::cmd("ping").query_async(&mut connection).await?)
    }

    /// Calls `on_message` for every message on `channel`, until that cannot be any more; a server that is
    /// gone without a word is noticed within [`SILENCE`] and [`TIMEOUT`]. The first call, with `None`,
    /// says that messages come from now on, and that some may have been missed before.
    pub async fn listen(&self, channel: &str, on_message: impl Fn(Option<&str>)) -> Gone {
        match self.hear(channel, on_message).await {
            Ok(never) => match never {},
            Err(gone) => gone.into(),
        }
    }

    async fn hear(
        &self,
        channel: &str,
        on_message: impl Fn(Option<&str>),
    ) -> Result<Infallible, RedisError> {
        let gone = || RedisError::from((ErrorKind::Io, "no answer to a listener"));
        let connect = timeout(TIMEOUT, self.client.get_async_pubsub());
        let (mut ask, mut messages) = connect.await.map_err(|_| gone())??.split();
        let subscribed = timeout(TIMEOUT, ask.subscribe(channel));
        subscribed.await.map_err(|_| gone())??;
        on_message(None);
        loop {
            match timeout(SILENCE, messages.next()).await {
                Ok(Some(message)) => on_message(Some(&message.get_payload::<String>()?)),
                Ok(None) => return Err(gone()),
                Err(_) => {
                    let alive = timeout(TIMEOUT, ask.ping::<Value>());
                    alive.await.map_err(|_| gone())??;
                }
            }
        }
    }

    fn refuse_in_outage(&self) -> Result<(), Gone> {
        let now = self.outage.since.elapsed().as_micros() as u64;
        if now < self.outage.until.load(Ordering::Relaxed) {
            return Err(RedisError::from((ErrorKind::Io, "gone a moment ago")).into());
        }
        Ok(())
    }

    fn note<T>(&self, result: Result<T, RedisError>) -> Result<T, Gone> {
        if let Err(fault) = &result
            && (fault.is_io_error() || fault.is_timeout())
        {
            let until = (self.outage.since.elapsed() + PAUSE).as_micros() as u64;
            self.outage.until.store(until, Ordering::Relaxed);
        }
        Ok(result?)
    }
}

fn connection(client: &Client, response: Duration) -> ConnectionManager {
    let config = ConnectionManagerConfig::new()
        .set_connection_timeout(Some(TIMEOUT))
        .set_response_timeout(Some(response))
        // The next call tries again anyway.
        .set_number_of_retries(0);
    ConnectionManager::new_lazy_with_config(client.clone(), config)
        .expect("a lazy connection does not connect")
}
