//! SQLite with many readers and one writer that commits in groups.
//!
//! A read runs on the calling task: from the page cache it takes microseconds, less than waking
//! another thread would. A write is a closure for the one writer thread, which runs all waiting
//! closures, each in a savepoint, and makes them durable with one sync (group commit).

mod groups;

use std::{
    io::ErrorKind,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
        mpsc,
    },
    thread,
    time::{Duration, Instant},
};

use rusqlite::{
    Connection, ErrorCode, OpenFlags, StatementStatus,
    config::DbConfig,
    ffi,
    trace::{TraceEvent, TraceEventCodes},
};
use tokio::sync::oneshot;
use tracing::Level;

use groups::{Counted, Job, gone, in_savepoint, write_in_groups};

use super::{Migration, StoreError, meter::Meter, migrate::migrate};
use crate::{private, trace};

/// How often a damaged file was met in this process; which file it is, SQLite's error does not say.
static DAMAGE: AtomicU64 = AtomicU64::new(0);

/// Has every file look whether it is the damaged one, when it is pinged next.
pub(super) fn note_damage() {
    DAMAGE.fetch_add(1, Ordering::Relaxed);
}

/// How many idle read connections are kept.
const IDLE_READERS: usize = 8;

/// How long another program may hold the file.
const BUSY: Duration = Duration::from_secs(5);

/// A SQLite file. Clones share its connections.
#[derive(Clone, Debug)]
pub struct Sqlite {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    path: PathBuf,
    idle_readers: Mutex<Vec<Connection>>,
    writer: mpsc::Sender<Job>,
    reading: Arc<Meter>,
    writing: Arc<Meter>,
    is_damaged: AtomicBool,
    /// The [`DAMAGE`] that was looked into.
    looked: AtomicU64,
}

impl Sqlite {
    /// Opens the file, makes it when missing, and applies the migrations that it lacks.
    pub fn open(path: &Path, migrations: &[Migration]) -> Result<Self, StoreError> {
        private::file(path).map_err(StoreError::File)?;
        // SQLite makes those beside it with the mode of the file; an earlier start may have made some. Whoever had the
        // file open last takes them away, perhaps just now.
        for beside in ["-wal", "-shm"].map(|suffix| beside(path, suffix)) {
            match private::close(&beside) {
                Err(fault) if fault.kind() == ErrorKind::NotFound => {}
                closed => closed.map_err(StoreError::File)?,
            }
        }
        let mut writer = Connection::open(path)?;
        prepare(&mut writer)?;
        // WAL lets readers and the writer work side by side; FULL syncs each commit, so that an
        // acknowledged write survives a power cut.
        keep_log(&writer)?;
        writer.pragma_update(None, "synchronous", "full")?;
        // What is deleted is overwritten, and not only no longer pointed to.
        writer.pragma_update(None, "secure_delete", true)?;
        migrate(&mut writer, migrations)?;
        // The log still has what an earlier process deleted: it begins anew, unless another one is at work.
        match writer.query_row("pragma wal_checkpoint(truncate)", [], |_| Ok(())) {
            Err(fault) if fault.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) => {}
            begun => begun?,
        }

        let (jobs, waiting) = mpsc::channel();
        let store = path.file_stem().unwrap_or_default().to_string_lossy();
        let counted = Counted::new(store.clone().into_owned());
        thread::Builder::new()
            .name(format!("write {store}"))
            .spawn(move || write_in_groups(&writer, &waiting, &counted))?;
        let shared = Shared {
            path: path.to_owned(),
            idle_readers: Mutex::default(),
            writer: jobs,
            reading: Meter::new(&store, "read"),
            writing: Meter::new(&store, "write"),
            is_damaged: AtomicBool::new(false),
            looked: AtomicU64::new(DAMAGE.load(Ordering::Relaxed)),
        };
        Ok(Self {
            shared: Arc::new(shared),
        })
    }

    /// Runs a read on the calling task, on a read-only connection. Keep it to indexed look-ups;
    /// nothing else runs on this thread meanwhile.
    pub fn read<T, E: From<rusqlite::Error>>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, E>,
    ) -> Result<T, E> {
        let _running = self.shared.reading.start();
        let connection = match self.idle().pop() {
            Some(connection) => connection,
            None => self.connect_reader()?,
        };
        let result = work(&connection);
        let mut idle = self.idle();
        if idle.len() < IDLE_READERS {
            idle.push(connection);
        }
        result
    }

    /// Runs a write on the writer thread. `Ok` means committed and durable; with `Err` nothing of
    /// this write remains, while others of its group are unaffected.
    pub async fn write<T, E>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<rusqlite::Error> + Send + 'static,
    {
        let _running = self.shared.writing.start();
        let (answer, answered) = oneshot::channel();
        let trace = trace::current();
        let job: Job = Box::new(move |connection| {
            let worked = connection.map(|connection| {
                let result = trace::within_sync(trace, || in_savepoint(connection, work));
                (result, connection.is_autocommit())
            });
            Box::new(move |commit| {
                // Who no longer waits (a dropped request) has no use for the answer.
                let _ = answer.send(match (commit, worked) {
                    (Ok(()), Some((result, _))) => result,
                    // Who ended the transaction knows why.
                    (Err(_), Some((Err(cause), true))) => Err(cause),
                    (Err(failed), _) => Err(failed.into_error().into()),
                    (Ok(()), None) => Err(gone().into()),
                });
            })
        });
        self.shared.writer.send(job).map_err(|_| gone())?;
        answered.await.unwrap_or_else(|_| Err(gone().into()))
    }

    /// Whether the file answers, and is whole as far as anybody has seen; for readiness.
    pub async fn ping(&self) -> Result<(), rusqlite::Error> {
        let met = DAMAGE.load(Ordering::Relaxed);
        if self.shared.looked.swap(met, Ordering::Relaxed) != met {
            let file = self.clone();
            let look = tokio::task::spawn_blocking(move || file.look_for_damage());
            look.await.map_err(|_| gone())?;
        }
        if self.shared.is_damaged.load(Ordering::Relaxed) {
            let path = self.shared.path.display();
            return Err(rusqlite::Error::SqliteFailure(
                ffi::Error::new(ffi::SQLITE_CORRUPT),
                Some(format!("{path} is damaged; put back a copy of it")),
            ));
        }
        self.read(|connection| connection.query_row("select 1", [], |_| Ok(())))
    }

    /// Reads all of the file. That takes a while, and happens only after damage was met.
    fn look_for_damage(&self) {
        if self.shared.is_damaged.load(Ordering::Relaxed) {
            return;
        }
        let check = |db: &Connection| db.query_row("pragma quick_check(1)", [], |row| row.get(0));
        let found: Result<String, rusqlite::Error> = self.read(check);
        let fault = match found {
            Ok(found) if found == "ok" => return,
            Ok(found) => found,
            Err(fault) => fault.to_string(),
        };
        self.shared.is_damaged.store(true, Ordering::Relaxed);
        tracing::error!(file = %self.shared.path.display(), fault, "this database is damaged: stop, keep it, and put back a copy");
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Connection>> {
        let idle = self.shared.idle_readers.lock();
        idle.unwrap_or_else(PoisonError::into_inner)
    }

    fn connect_reader(&self) -> Result<Connection, rusqlite::Error> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut connection = Connection::open_with_flags(&self.shared.path, flags)?;
        prepare(&mut connection)?;
        Ok(connection)
    }
}

/// The path with this at its end.
fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// Has changes written to a log beside the file. For another program that begins with the same SQLite itself does not wait.
fn keep_log(connection: &Connection) -> Result<(), rusqlite::Error> {
    let given_up = Instant::now() + BUSY;
    loop {
        match connection.pragma_update(None, "journal_mode", "wal") {
            Err(fault)
                if fault.sqlite_error_code() == Some(ErrorCode::DatabaseBusy)
                    && Instant::now() < given_up =>
            {
                thread::sleep(Duration::from_millis(5));
            }
            done => return done,
        }
    }
}

fn prepare(connection: &mut Connection) -> Result<(), rusqlite::Error> {
    connection.busy_timeout(BUSY)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.set_prepared_statement_cache_capacity(64);
    // A plan for whatever values come: else SQLite would plan again for every other value.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    // SQLite calls back for each statement only where the log wants to know.
    if tracing::enabled!(Level::TRACE) {
        connection.trace_v2(TraceEventCodes::SQLITE_TRACE_PROFILE, Some(log_statement));
    }
    Ok(())
}

/// Logs a statement that has ended, without its values, and what it cost: the rows of a table that
/// it read without an index, its sorts, and the steps of SQLite's virtual machine. They are counted
/// from the first of its `runs` on.
fn log_statement(event: TraceEvent<'_>) {
    if let TraceEvent::Profile(statement, took) = event {
        let count = |counter| u64::try_from(statement.get_status(counter)).unwrap_or(0);
        tracing::trace!(
            sql = %statement.sql(),
            ?took,
            runs = count(StatementStatus::Run),
            scanned = count(StatementStatus::FullscanStep),
            sorts = count(StatementStatus::Sort),
            steps = count(StatementStatus::VmStep),
        );
    }
}
