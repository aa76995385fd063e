//! PostgreSQL: a bounded pool of connections, statements prepared once each, and its errors sorted
//! into what passes by itself and what is a defect of ours.
//!
//! Many replicas share one database. What must hold between them is said in SQL: by a constraint,
//! a single statement, or a row lock (`for update`), never by an order of events in one process.

use std::{
    fmt,
    future::poll_fn,
    ops::{Deref, DerefMut},
    time::{Duration, Instant},
};

use deadpool_postgres::{
    GenericClient, Hook, HookError, Manager, Object, Pool, PoolError, Runtime, Timeouts,
};
use metrics::{Gauge, Histogram, SharedString, gauge, histogram};
use tokio::sync::mpsc;
use tokio_postgres::{AsyncMessage, Config, Row, error::SqlState, types::ToSql};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::{Migration, PostgresUrl, StoreError, migrate::migrate_postgres, tls};
use crate::telemetry::{InFlight, add_db_time};

pub use deadpool_postgres::Transaction;

/// How long a request waits for a connection: for one to be free, or to be made.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long a connection may have been idle and be used unasked. One that lay longer may have been
/// cut by something in between that told nobody.
const TRUSTED_IDLE: Duration = Duration::from_secs(30);

/// Limits that the server keeps, for a statement that nobody waits for any more, a lock that does
/// not come, and a transaction whose program hangs. To compile a statement takes longer than any of
/// ours.
const SESSION: &str = "-c jit=off -c statement_timeout=5s -c lock_timeout=3s \
     -c idle_in_transaction_session_timeout=10s -c client_min_messages=warning";

/// A PostgreSQL database. Clones share its connections.
#[derive(Clone)]
pub struct Postgres {
    pool: Pool,
    /// What its connections are made with.
    config: Config,
    tls: MakeRustlsConnect,
    meters: Meters,
}

/// What is measured of one database; its label is the database's name.
#[derive(Clone, Debug)]
struct Meters {
    wait_seconds: Histogram,
    held_seconds: Histogram,
    in_use: Gauge,
}

impl Meters {
    fn new(store: &str) -> Self {
        let store = SharedString::from(store.to_owned());
        let work = "connection";
        Self {
            wait_seconds: histogram!("store_wait_seconds", "store" => store.clone()),
            held_seconds: histogram!("store_seconds", "store" => store.clone(), "work" => work),
            in_use: gauge!("store_in_use", "store" => store, "work" => work),
        }
    }
}

/// A connection out of the pool; it returns when dropped. While it is held the request's database
/// time runs.
pub struct Client {
    connection: Object,
    asked: Instant,
    held_seconds: Histogram,
    _in_use: InFlight,
}

/// Why PostgreSQL did not do what was asked. It shows no value of a row: what it says is logged.
#[derive(thiserror::Error)]
pub enum PostgresError {
    /// No connection can be had.
    #[error("no connection: {}", pool_text(.0))]
    NoConnection(PoolError),
    /// A statement failed.
    #[error("{}", text(.0))]
    Statement(tokio_postgres::Error),
    /// A row holds what no version of this program writes.
    #[error("column {0} holds what it should not")]
    Corrupt(&'static str),
    /// A connection that listened for notifications ended.
    #[error("the listening connection ended")]
    Ended,
}

impl Postgres {
    /// Connects and applies the migrations that the database lacks.
    pub async fn open(url: &PostgresUrl, migrations: &[Migration]) -> Result<Self, StoreError> {
        let mut config = url.legacy_config();
        let own = config.get_options().unwrap_or_default();
        config.options(format!("{SESSION} {own}"));
        if config.get_application_name().is_none() {
            config.application_name("terrace");
        }
        config
            .connect_timeout(PATIENCE)
            .tcp_user_timeout(2 * PATIENCE)
            .keepalives_idle(TRUSTED_IDLE);
        let tls = tls::connector(url)?;
        let manager = Manager::new(config.clone(), tls.clone());
        let pool = Pool::builder(manager)
            .max_size(url.pool() as usize)
            .runtime(Runtime::Tokio1)
            .timeouts(Timeouts {
                wait: Some(PATIENCE),
                create: Some(PATIENCE),
                recycle: Some(PATIENCE),
            })
            .pre_recycle(Hook::async_fn(|connection, metrics| {
                Box::pin(async move {
                    if metrics.last_used() < TRUSTED_IDLE {
                        return Ok(());
                    }
                    let answer = connection.simple_query("");
                    match tokio::time::timeout(Duration::from_secs(1), answer).await {
                        Ok(answer) => answer.map(drop).map_err(HookError::Backend),
                        Err(_) => Err(HookError::message("an idle connection is silent")),
                    }
                })
            }))
            .build()
            .expect("a runtime is given for the time-outs");
        let meters = Meters::new(url.database());
        let db = Self {
            pool,
            config,
            tls,
            meters,
        };
        migrate_postgres(&mut db.get().await?, migrations).await?;
        Ok(db)
    }

    /// A connection. One that is known to be dead is not handed out, so after a restart of the
    /// server the next request works; a statement that is under way when a connection dies fails,
    /// and is not repeated here, because it may have been done.
    pub async fn get(&self) -> Result<Client, PostgresError> {
        let asked = Instant::now();
        let in_use = InFlight::enter(self.meters.in_use.clone());
        let connection = self.pool.get().await.map_err(PostgresError::NoConnection)?;
        self.meters.wait_seconds.record(asked.elapsed());
        Ok(Client {
            connection,
            asked,
            held_seconds: self.meters.held_seconds.clone(),
            _in_use: in_use,
        })
    }

    /// Tells `heard` what the notifications of `channel` say, on a connection of its own, until that
    /// fails. First of all it tells `None`: whatever was notified before was missed.
    pub async fn listen(
        &self,
        channel: &str,
        heard: &(dyn Fn(Option<&str>) + Send + Sync),
    ) -> PostgresError {
        match self.listen_until_the_end(channel, heard).await {
            Ok(()) => PostgresError::Ended,
            Err(fault) => fault,
        }
    }

    async fn listen_until_the_end(
        &self,
        channel: &str,
        heard: &(dyn Fn(Option<&str>) + Send + Sync),
    ) -> Result<(), PostgresError> {
        let (client, mut connection) = self.config.connect(self.tls.clone()).await?;
        let (tell, mut told) = mpsc::unbounded_channel();
        // Ends with the client, which ends with this future.
        tokio::spawn(async move {
            while let Some(message) = poll_fn(|context| connection.poll_message(context)).await {
                if tell.send(message).is_err() {
                    return;
                }
            }
        });
        client.batch_execute(&format!("listen {channel}")).await?;
        heard(None);
        while let Some(message) = told.recv().await {
            if let AsyncMessage::Notification(said) = message? {
                heard(Some(said.payload()));
            }
        }
        Ok(())
    }

    /// Whether the server answers; for readiness.
    pub async fn ping(&self) -> Result<(), PostgresError> {
        self.get().await?.one("select 1", &[]).await.map(drop)
    }
}

impl fmt::Debug for Postgres {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Postgres")
            .field("pool", &self.pool.status())
            .finish_non_exhaustive()
    }
}

impl Deref for Client {
    type Target = Object;

    fn deref(&self) -> &Self::Target {
        &self.connection
    }
}

impl DerefMut for Client {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.connection
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        let spent = self.asked.elapsed();
        self.held_seconds.record(spent);
        add_db_time(spent);
    }
}

/// Runs statements on a [`Client`] or in a [`Transaction`]. Each is prepared once a connection, so
/// its text is a constant: values are parameters.
pub trait Statements: GenericClient + Sync {
    /// All rows.
    fn all(
        &self,
        sql: &str,
        values: &[&(dyn ToSql + Sync)],
    ) -> impl Future<Output = Result<Vec<Row>, PostgresError>> + Send {
        async move {
            let statement = self.prepare_cached(sql).await?;
            Ok(self.query(&statement, values).await?)
        }
    }

    /// The one row, or none. More are an error.
    fn maybe(
        &self,
        sql: &str,
        values: &[&(dyn ToSql + Sync)],
    ) -> impl Future<Output = Result<Option<Row>, PostgresError>> + Send {
        async move {
            let statement = self.prepare_cached(sql).await?;
            Ok(self.query_opt(&statement, values).await?)
        }
    }

    /// The one row. None, or more, are an error.
    fn one(
        &self,
        sql: &str,
        values: &[&(dyn ToSql + Sync)],
    ) -> impl Future<Output = Result<Row, PostgresError>> + Send {
        async move {
            let statement = self.prepare_cached(sql).await?;
            Ok(self.query_one(&statement, values).await?)
        }
    }

    /// How many rows were written.
    fn run(
        &self,
        sql: &str,
        values: &[&(dyn ToSql + Sync)],
    ) -> impl Future<Output = Result<u64, PostgresError>> + Send {
        async move {
            let statement = self.prepare_cached(sql).await?;
            Ok(self.execute(&statement, values).await?)
        }
    }
}

impl<C: GenericClient + Sync> Statements for C {}

impl PostgresError {
    /// Whether this passes by itself, so that the same request may work a moment later: no
    /// connection, a server that starts, stops or is out of room, a time-out, a lost deadlock.
    /// Everything else is a defect of ours.
    pub fn is_unavailable(&self) -> bool {
        let fault = match self {
            Self::NoConnection(_) | Self::Ended => return true,
            Self::Corrupt(_) => return false,
            Self::Statement(fault) => fault,
        };
        match fault.code() {
            Some(code) => {
                // Classes: connection, rollback (deadlock), resources, operator, system. A failover
                // leaves a server that only reads.
                ["08", "40", "53", "57", "58"].contains(&&code.code()[..2])
                    || [
                        SqlState::LOCK_NOT_AVAILABLE,
                        SqlState::READ_ONLY_SQL_TRANSACTION,
                        SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT,
                    ]
                    .contains(code)
            }
            None => {
                let cause = std::error::Error::source(fault);
                fault.is_closed() || cause.is_some_and(|cause| cause.is::<std::io::Error>())
            }
        }
    }

    /// Whether the constraint or unique index of this name refused the row.
    pub fn breaks(&self, constraint: &str) -> bool {
        match self {
            Self::Statement(fault) => {
                fault.as_db_error().and_then(|fault| fault.constraint()) == Some(constraint)
            }
            Self::NoConnection(_) | Self::Corrupt(_) | Self::Ended => false,
        }
    }
}

impl From<tokio_postgres::Error> for PostgresError {
    fn from(fault: tokio_postgres::Error) -> Self {
        Self::Statement(fault)
    }
}

impl fmt::Debug for PostgresError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

fn pool_text(fault: &PoolError) -> String {
    match fault {
        PoolError::Backend(fault) => text(fault),
        fault => fault.to_string(),
    }
}

/// Code and message, without the detail that names a row's values.
fn text(fault: &tokio_postgres::Error) -> String {
    match (fault.as_db_error(), std::error::Error::source(fault)) {
        (Some(db), _) => format!("{} ({})", db.message(), db.code().code()),
        (None, Some(cause)) => format!("{fault}: {cause}"),
        (None, None) => fault.to_string(),
    }
}
