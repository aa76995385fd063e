//! Queries on SQLite. Each has a connection of its own, which reads and cannot write. An authoriser, which SQLite asks
//! while it compiles, names what may be read and called; limits of the connection hold a value and a statement small; a
//! progress handler ends what takes too long. What is sorted goes to a temporary file when it outgrows the cache.
//!
//! There is no limit of memory for one connection in SQLite: `hard_heap_limit` is the whole process's, which serves
//! others too.

use std::{
    collections::HashSet,
    path::{Path, PathBuf},
    time::Instant,
};

use async_trait::async_trait;
use rusqlite::{
    Connection, ErrorCode, OpenFlags, Row,
    config::DbConfig,
    hooks::{AuthAction, AuthContext, Authorization},
    limits::Limit,
    types::ValueRef,
};
use serde_json::Value;

use super::{MAX_SQL, NO_PARAMETERS, Reader, Rows, TIME, Table};
use crate::{Error, store::STAR};

/// How many steps of SQLite's machine pass between two looks at the clock.
const STEPS: i32 = 1_000;

/// The functions that may be called: those that compute, and make nothing much longer than it was.
const FUNCTIONS: [&str; 43] = [
    "abs",
    "avg",
    "ceil",
    "ceiling",
    "coalesce",
    "concat",
    "count",
    "cume_dist",
    "date",
    "dense_rank",
    "first_value",
    "floor",
    "glob",
    "ifnull",
    "iif",
    "instr",
    "lag",
    "last_value",
    "lead",
    "length",
    "like",
    "lower",
    "ltrim",
    "max",
    "min",
    "mod",
    "nth_value",
    "ntile",
    "nullif",
    "percent_rank",
    "rank",
    "replace",
    "round",
    "row_number",
    "rtrim",
    "sign",
    "strftime",
    "substr",
    "substring",
    "sum",
    "total",
    "trim",
    "upper",
];

/// How tables begin that SQLite makes when they are named.
const OF_SQLITE: [&str; 3] = ["sqlite_", "pragma_", "json"];

/// The limits of a connection. Most are in bytes or pieces; none may be lifted by SQL.
const LIMITS: [(Limit, i32); 9] = [
    (Limit::SQLITE_LIMIT_LENGTH, 1_000_000),
    (Limit::SQLITE_LIMIT_SQL_LENGTH, 4 * MAX_SQL as i32),
    (Limit::SQLITE_LIMIT_COLUMN, 100),
    (Limit::SQLITE_LIMIT_EXPR_DEPTH, 100),
    (Limit::SQLITE_LIMIT_COMPOUND_SELECT, 20),
    (Limit::SQLITE_LIMIT_VDBE_OP, 25_000),
    (Limit::SQLITE_LIMIT_ATTACHED, 0),
    (Limit::SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 100),
    (Limit::SQLITE_LIMIT_WORKER_THREADS, 0),
];

/// Reads the file of a store.
pub struct SqliteReader {
    path: PathBuf,
}

impl SqliteReader {
    /// Reads this file, which a store has made.
    pub fn new(path: PathBuf) -> Self {
        Self { path }
    }
}

#[async_trait]
impl Reader for SqliteReader {
    async fn read(&self, sql: &str) -> Result<Table, Error> {
        let (path, sql) = (self.path.clone(), sql.to_owned());
        // It may take seconds, and would hold up others on this thread.
        let read = tokio::task::spawn_blocking(move || read(&path, &sql));
        let read = read.await;
        read.map_err(|fault| Error::Internal(fault.into()))?
    }
}

fn read(path: &Path, sql: &str) -> Result<Table, Error> {
    let db = open(path)?;
    let mut statement = db.prepare(sql).map_err(refusal)?;
    if statement.column_count() == 0 || statement.is_explain() != 0 || !statement.readonly() {
        return Err(Error::QueryRefused("Write one `select`.".to_owned()));
    }
    if statement.parameter_count() > 0 {
        return Err(Error::QueryRefused(NO_PARAMETERS.to_owned()));
    }
    let names: Vec<String> = statement
        .column_names()
        .into_iter()
        .map(str::to_owned)
        .collect();
    let mut answer = Rows::new();
    let mut rows = statement.query([]).map_err(refusal)?;
    while let Some(row) = rows.next().map_err(refusal)? {
        if !answer.take(cells(row, names.len()).map_err(refusal)?) {
            break;
        }
    }
    Ok(answer.table(names))
}

/// A connection that can do no more than it may.
fn open(path: &Path) -> Result<Connection, Error> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let db = Connection::open_with_flags(path, flags)?;
    db.busy_timeout(TIME)?;
    db.pragma_update(None, "query_only", true)?;
    db.pragma_update(None, "temp_store", "file")?;
    db.pragma_update(None, "cache_size", -2_000)?;
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    // "x" is a column or an error, and no text that was meant as one.
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DML, false)?;
    for (limit, value) in LIMITS {
        db.set_limit(limit, value)?;
    }
    let end = Instant::now() + TIME;
    db.progress_handler(STEPS, Some(move || Instant::now() > end))?;
    let others = others(&db)?;
    db.authorizer(Some(move |asked: AuthContext<'_>| {
        authorise(&asked, &others)
    }))?;
    Ok(db)
}

fn authorise(asked: &AuthContext<'_>, others: &HashSet<String>) -> Authorization {
    let may = match asked.action {
        AuthAction::Select | AuthAction::Recursive => true,
        // A name of which no column is read, as in `count(*)`, may be one that the statement itself makes by `with`.
        AuthAction::Read {
            table_name,
            column_name: "",
        } => {
            let name = table_name.to_ascii_lowercase();
            let is_made_when_named = OF_SQLITE.iter().any(|prefix| name.starts_with(prefix));
            !is_made_when_named && !others.contains(&name)
        }
        AuthAction::Read { table_name, .. } => STAR.contains(&table_name),
        AuthAction::Function { function_name } => {
            let name = function_name.to_ascii_lowercase();
            FUNCTIONS.contains(&&*name)
        }
        _ => false,
    };
    match may {
        true => Authorization::Allow,
        false => Authorization::Deny,
    }
}

/// All that is in the database or can be read as a table, but the star.
fn others(db: &Connection) -> Result<HashSet<String>, rusqlite::Error> {
    let all =
        "select lower(name) from sqlite_schema union select lower(name) from pragma_module_list";
    let mut all = db.prepare(all)?;
    let mut names: HashSet<String> = all
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    names.retain(|name| !STAR.contains(&name.as_str()));
    Ok(names)
}

fn cells(row: &Row<'_>, columns: usize) -> Result<Vec<Value>, rusqlite::Error> {
    let cell = |place| {
        Ok(match row.get_ref(place)? {
            ValueRef::Null => Value::Null,
            ValueRef::Integer(number) => number.into(),
            ValueRef::Real(number) => number.into(),
            ValueRef::Text(text) => String::from_utf8_lossy(text).into(),
            ValueRef::Blob(bytes) => hex::encode(bytes).into(),
        })
    };
    (0..columns).map(cell).collect()
}

/// Why SQLite does not answer.
fn refusal(fault: rusqlite::Error) -> Error {
    match &fault {
        rusqlite::Error::MultipleStatement => {
            return Error::QueryRefused("Write one statement.".to_owned());
        }
        rusqlite::Error::SqlInputError { msg, .. } => return Error::QueryRefused(msg.clone()),
        rusqlite::Error::NulError(_) => return Error::QueryRefused("It is no text.".to_owned()),
        _ => {}
    }
    match (fault.sqlite_error_code(), &fault) {
        (Some(ErrorCode::OperationInterrupted | ErrorCode::OutOfMemory), _) => {
            Error::QueryTooCostly
        }
        (
            Some(
                ErrorCode::Unknown
                | ErrorCode::AuthorizationForStatementDenied
                | ErrorCode::ReadOnly
                | ErrorCode::TooBig
                | ErrorCode::TypeMismatch
                | ErrorCode::ParameterOutOfRange,
            ),
            rusqlite::Error::SqliteFailure(_, words),
        ) => Error::QueryRefused(words.clone().unwrap_or_else(|| fault.to_string())),
        _ => fault.into(),
    }
}
