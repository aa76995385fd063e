//! A connection whose statements end: in an answer, or when that takes too long.
//!
//! The server limits what it does (`statement_timeout`), but a network that swallows packets limits
//! nothing, and TCP gives up after a quarter of an hour. So every statement has a deadline here too.
//! After it the connection is of no use: what comes back may be the answer to an older statement.

use std::{
    io,
    ops::{Deref, DerefMut},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use futures::{
    StreamExt,
    future::BoxFuture,
    stream::{self, BoxStream},
};
use sqlx::{
    Describe, Either, Execute, Executor, SqlStr,
    pool::PoolConnection,
    postgres::{PgQueryResult, PgRow, PgStatement, PgTransactionManager, PgTypeInfo},
};
use sqlx_core::transaction::TransactionManager;
use tokio::{
    runtime::Handle,
    time::{self, error::Elapsed, timeout, timeout_at},
};

use super::PostgresError;

/// How long a statement may take, with the way there and back: longer than the server lets it.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);

/// A connection to PostgreSQL, on which sqlx's statements run: `&mut *db`.
#[derive(Debug)]
pub struct Connection {
    raw: PoolConnection<sqlx::Postgres>,
    health: Health,
}

/// What is known of a connection from the statements that ran on it.
#[derive(Debug)]
struct Health {
    is_broken: bool,
    suspicion: Suspicion,
}

/// A transaction, on which sqlx's statements run: `&mut *tx`. Dropped without
/// [`Transaction::commit`] it is rolled back.
#[derive(Debug)]
pub struct Transaction<'c> {
    connection: &'c mut Connection,
    is_open: bool,
}

impl Connection {
    pub(super) fn new(raw: PoolConnection<sqlx::Postgres>, suspicion: Suspicion) -> Self {
        let health = Health {
            is_broken: false,
            suspicion,
        };
        Self { raw, health }
    }

    /// Begins a transaction; inside of one, a savepoint.
    pub async fn begin(&mut self) -> Result<Transaction<'_>, PostgresError> {
        let Self { raw, health } = self;
        health.check()?;
        // Whoever gives up before the answer leaves a transaction open that sqlx does not know of: it counts it
        // only then. The connection must not go on, or the next one's work would be part of it.
        health.is_broken = true;
        let begun = timeout(ANSWER_TIMEOUT, PgTransactionManager::begin(raw, None)).await;
        health.is_broken = false;
        health.note(begun)?;
        Ok(Transaction {
            connection: self,
            is_open: true,
        })
    }

    /// Does what is not a statement of sqlx's.
    async fn work<'c, F>(
        &'c mut self,
        work: impl FnOnce(&'c mut sqlx::PgConnection) -> F,
    ) -> Result<(), PostgresError>
    where
        F: Future<Output = Result<(), sqlx::Error>>,
    {
        let Self { raw, health } = self;
        Ok(health.in_time(work(raw)).await?)
    }
}

impl Transaction<'_> {
    /// Commits.
    pub async fn commit(mut self) -> Result<(), PostgresError> {
        let committed = self.connection.work(PgTransactionManager::commit).await;
        self.is_open = committed.is_err();
        committed
    }

    /// Rolls back, and waits until it is done: its locks are free then.
    pub async fn rollback(mut self) -> Result<(), PostgresError> {
        let ended = self.connection.work(PgTransactionManager::rollback).await;
        self.is_open = ended.is_err();
        ended
    }
}

impl Deref for Transaction<'_> {
    type Target = Connection;

    fn deref(&self) -> &Self::Target {
        self.connection
    }
}

impl DerefMut for Transaction<'_> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        self.connection
    }
}

impl Drop for Transaction<'_> {
    fn drop(&mut self) {
        if self.is_open {
            // Sent before the next statement, or on the way back to the pool.
            PgTransactionManager::start_rollback(&mut self.connection.raw);
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        // It waits for the end of a statement that was given up, and for the rollback of a
        // transaction; sqlx itself would wait for ever, and the pool would be one smaller meanwhile.
        let returning = self.raw.return_to_pool();
        match Handle::try_current() {
            Ok(runtime) if !self.health.is_broken => {
                runtime.spawn(timeout(ANSWER_TIMEOUT, returning));
            }
            // A return that is dropped closes the connection.
            _ => drop(returning),
        }
    }
}

impl<'c> Executor<'c> for &'c mut Connection {
    type Database = sqlx::Postgres;

    fn fetch_many<'e, 'q: 'e, E>(
        self,
        query: E,
    ) -> BoxStream<'e, Result<Either<PgQueryResult, PgRow>, sqlx::Error>>
    where
        'c: 'e,
        E: 'q + Execute<'q, sqlx::Postgres>,
    {
        let Connection { raw, health } = self;
        if let Err(fault) = health.check() {
            return stream::once(async { Err(fault) }).boxed();
        }
        let deadline = time::Instant::now() + ANSWER_TIMEOUT;
        let rows = raw.fetch_many(query);
        let next = move |(mut rows, health): (BoxStream<'e, _>, &'e mut Health)| async move {
            let row = timeout_at(deadline, rows.next()).await.transpose()?;
            Some((health.note(row), (rows, health)))
        };
        stream::unfold((rows, health), next).boxed()
    }

    fn fetch_optional<'e, 'q: 'e, E>(
        self,
        query: E,
    ) -> BoxFuture<'e, Result<Option<PgRow>, sqlx::Error>>
    where
        'c: 'e,
        E: 'q + Execute<'q, sqlx::Postgres>,
    {
        let Connection { raw, health } = self;
        Box::pin(health.in_time(raw.fetch_optional(query)))
    }

    fn prepare_with<'e>(
        self,
        sql: SqlStr,
        parameters: &'e [PgTypeInfo],
    ) -> BoxFuture<'e, Result<PgStatement, sqlx::Error>>
    where
        'c: 'e,
    {
        let Connection { raw, health } = self;
        Box::pin(health.in_time(raw.prepare_with(sql, parameters)))
    }

    fn describe<'e>(
        self,
        sql: SqlStr,
    ) -> BoxFuture<'e, Result<Describe<sqlx::Postgres>, sqlx::Error>>
    where
        'c: 'e,
    {
        self.raw.describe(sql)
    }
}

impl Health {
    /// What `work` answers, in time; nothing when the connection is broken already.
    async fn in_time<T>(
        &mut self,
        work: impl Future<Output = Result<T, sqlx::Error>>,
    ) -> Result<T, sqlx::Error> {
        self.check()?;
        let answer = timeout(ANSWER_TIMEOUT, work).await;
        self.note(answer)
    }

    fn check(&self) -> Result<(), sqlx::Error> {
        if self.is_broken {
            return Err(late());
        }
        Ok(())
    }

    fn note<T>(
        &mut self,
        answer: Result<Result<T, sqlx::Error>, Elapsed>,
    ) -> Result<T, sqlx::Error> {
        let answer = answer.unwrap_or_else(|_| Err(late()));
        answer.inspect_err(|fault| {
            if is_lost(fault) {
                self.is_broken = true;
                self.suspicion.raise();
            }
        })
    }
}

fn late() -> sqlx::Error {
    io::Error::new(io::ErrorKind::TimedOut, "no answer in time").into()
}

/// Whether nothing more can be had from a connection after this.
fn is_lost(fault: &sqlx::Error) -> bool {
    match fault {
        sqlx::Error::Io(_) | sqlx::Error::Protocol(_) => true,
        // The server ends the session: it stops, or its limits are passed.
        sqlx::Error::Database(fault) => fault
            .code()
            .is_some_and(|code| code.starts_with("57P") || code == "25P03"),
        _ => false,
    }
}

/// When a connection was last lost. Others that idled at that time may be dead as well.
#[derive(Clone, Debug)]
pub(super) struct Suspicion {
    since: Instant,
    /// Milliseconds after `since`.
    raised: Arc<AtomicU64>,
}

impl Default for Suspicion {
    fn default() -> Self {
        Self {
            since: Instant::now(),
            raised: Arc::default(),
        }
    }
}

impl Suspicion {
    fn raise(&self) {
        self.raised.fetch_max(self.now() + 1, Ordering::Relaxed);
    }

    /// Whether a connection that has idled for so long came back after the last loss.
    pub(super) fn is_over_for(&self, idle: Duration) -> bool {
        let returned = self.now().saturating_sub(idle.as_millis() as u64);
        returned >= self.raised.load(Ordering::Relaxed)
    }

    fn now(&self) -> u64 {
        self.since.elapsed().as_millis() as u64
    }
}
