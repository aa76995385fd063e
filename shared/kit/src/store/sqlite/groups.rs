//! The one writer: runs the writes that wait, each in a savepoint of one transaction, and makes them
//! durable with one sync (group commit).

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::mpsc,
};

use rusqlite::{Connection, ErrorCode, ffi};

/// How many writes may share one sync. More would let the first of them wait too long.
const GROUP_MAX: usize = 128;

/// A write waiting for its turn: runs inside the group's transaction, where one could be begun, then
/// waits for the commit.
pub(super) type Job = Box<dyn FnOnce(Option<&Connection>) -> Done + Send>;

/// Tells the caller how it went, once the group is durable or has failed.
pub(super) type Done = Box<dyn FnOnce(Result<(), CommitFailed>)>;

#[derive(Clone)]
pub(super) struct CommitFailed(ffi::Error, String);

impl CommitFailed {
    pub(super) fn into_error(self) -> rusqlite::Error {
        rusqlite::Error::SqliteFailure(self.0, Some(self.1))
    }
}

impl From<rusqlite::Error> for CommitFailed {
    fn from(fault: rusqlite::Error) -> Self {
        let code = fault.sqlite_error().copied();
        Self(
            code.unwrap_or(ffi::Error::new(ffi::SQLITE_ERROR)),
            fault.to_string(),
        )
    }
}

/// How many writes there were, and how many commits made them durable: the quotient is how well
/// the groups save syncs.
pub(super) struct Counted {
    writes: metrics::Counter,
    commits: metrics::Counter,
}

impl Counted {
    pub(super) fn new(store: String) -> Self {
        Self {
            writes: metrics::counter!("store_writes_total", "store" => store.clone()),
            commits: metrics::counter!("store_commits_total", "store" => store),
        }
    }
}

/// The writer thread: ends when the last [`Sqlite`] of the file is dropped.
pub(super) fn write_in_groups(
    connection: &Connection,
    waiting: &mpsc::Receiver<Job>,
    counted: &Counted,
) {
    while let Ok(first) = waiting.recv() {
        let begun = execute(connection, "begin immediate");
        let mut done = vec![first(begun.is_ok().then_some(connection))];
        // A full disk and the like make SQLite roll the transaction back by itself. What ran then
        // would be committed alone, and what ran before is lost already.
        while !connection.is_autocommit()
            && done.len() < GROUP_MAX
            && let Ok(next) = waiting.try_recv()
        {
            done.push(next(Some(connection)));
        }
        let commit = begun.and_then(|()| match connection.is_autocommit() {
            true => Err(rolled_back().into()),
            false => execute(connection, "commit"),
        });
        if commit.is_ok() {
            counted.writes.increment(done.len() as u64);
            counted.commits.increment(1);
        } else if !connection.is_autocommit() {
            let _ = execute(connection, "rollback");
        }
        for tell in done {
            tell(commit.clone());
        }
    }
}

pub(super) fn in_savepoint<T, E: From<rusqlite::Error>>(
    connection: &Connection,
    work: impl FnOnce(&Connection) -> Result<T, E>,
) -> Result<T, E> {
    let run = |sql: &str| connection.prepare_cached(sql)?.execute([]);
    run("savepoint job")?;
    // A panic in one write must not take the writer, and every later write, with it.
    let result =
        catch_unwind(AssertUnwindSafe(|| work(connection))).unwrap_or_else(|_| Err(gone().into()));
    if connection.is_autocommit() {
        // The savepoint went with the transaction.
        return result.and(Err(rolled_back().into()));
    }
    if result.is_err() {
        run("rollback to job")?;
    }
    run("release job")?;
    result
}

fn execute(connection: &Connection, sql: &str) -> Result<(), CommitFailed> {
    let result = connection
        .prepare_cached(sql)
        .and_then(|mut statement| statement.execute([]));
    Ok(result.map(drop)?)
}

fn rolled_back() -> rusqlite::Error {
    let code = ffi::Error::new(ffi::SQLITE_ABORT_ROLLBACK);
    rusqlite::Error::SqliteFailure(
        code,
        Some("the writes were rolled back together".to_owned()),
    )
}

pub(super) fn gone() -> rusqlite::Error {
    let code = ffi::Error {
        code: ErrorCode::OperationAborted,
        extended_code: ffi::SQLITE_ABORT,
    };
    rusqlite::Error::SqliteFailure(code, Some("the write did not finish".to_owned()))
}
