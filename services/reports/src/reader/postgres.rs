//! Queries on PostgreSQL, as the role that `reader.psql` makes, each on a connection of its own, which ends with it.
//!
//! The query is sent as a cursor's, by the protocol that takes one statement: a cursor takes a select and nothing else,
//! none that changes data either. It runs in a transaction that only reads and is never committed.

use async_trait::async_trait;
use futures::TryStreamExt;
use kit::store::{PostgresUrl, StoreError};
use serde_json::{Number, Value};
use sqlx::{
    AssertSqlSafe, Column as _, Connection as _, Executor, PgConnection, Row, SqlSafeStr,
    Statement, TypeInfo, ValueRef,
    postgres::{PgConnectOptions, PgRow},
    query, raw_sql,
};
use tokio::time::timeout;

use super::{MAX_ROWS, NO_PARAMETERS, Reader, Rows, TIME, Table};
use crate::{Error, store::redshift::WarehouseUrl};

/// What reads the cursor: a row more than is answered tells that there are more.
const FETCH: &str = "fetch forward 10001 from answer";

/// The server ends what takes too long, or needs too many temporary files.
const QUERY_CANCELED: &str = "57014";
const OUT_OF_RESOURCES: &str = "53";

/// A query with `$1` got no value for it.
const PROTOCOL_VIOLATION: &str = "08P01";

/// Classes of faults that are not the statement's: connection, resources, operator, system.
const NOT_OURS: [&str; 4] = ["08", "57", "58", "XX"];

/// How a transaction begins that only reads, and a cursor. Redshift takes no settings for a session, and knows no
/// cursor that goes backwards.
struct Words {
    begin: &'static str,
    declare: &'static str,
}

const POSTGRES: Words = Words {
    begin: "begin transaction read only",
    declare: "declare answer no scroll cursor for",
};

const REDSHIFT: Words = Words {
    begin: "set statement_timeout to 5000; begin transaction read only",
    declare: "declare answer cursor for",
};

/// Reads as another role than the store's.
pub struct PostgresReader {
    url: PostgresUrl,
    options: PgConnectOptions,
    words: Words,
}

impl PostgresReader {
    /// Reads as the role in this URL. Connects when it is asked.
    pub fn new(url: &PostgresUrl) -> Result<Self, StoreError> {
        let limits = [
            ("statement_timeout", "5s"),
            ("lock_timeout", "1s"),
            ("idle_in_transaction_session_timeout", "10s"),
            ("default_transaction_read_only", "on"),
            ("work_mem", "8MB"),
            ("jit", "off"),
        ];
        Ok(Self {
            url: url.clone(),
            options: url.complete_options(limits)?,
            words: POSTGRES,
        })
    }

    /// Reads from a warehouse.
    pub fn of_warehouse(url: &WarehouseUrl) -> Result<Self, StoreError> {
        Ok(Self {
            url: url.as_postgres().clone(),
            options: url.options()?,
            words: REDSHIFT,
        })
    }
}

#[async_trait]
impl Reader for PostgresReader {
    async fn read(&self, sql: &str) -> Result<Table, Error> {
        // The server's own limit comes first, unless the server is silent.
        let read = timeout(2 * TIME, async {
            let mut db = self.url.connect(&self.options).await?;
            let answer = answer(&mut db, &self.words, sql).await;
            // What it took of the server goes with it.
            let _ = db.close_hard().await;
            answer
        });
        read.await.unwrap_or(Err(Error::QueryTooCostly))
    }
}

async fn answer(db: &mut PgConnection, words: &Words, sql: &str) -> Result<Table, Error> {
    raw_sql(words.begin).execute(&mut *db).await?;
    let declare = format!("{} {sql}", words.declare);
    let declare = query(AssertSqlSafe(declare)).persistent(false);
    declare.execute(&mut *db).await.map_err(refusal)?;
    let columns = db.prepare(FETCH.into_sql_str()).await.map_err(refusal)?;
    let names = columns.columns().iter();
    let names: Vec<String> = names.map(|column| column.name().to_owned()).collect();

    let mut answer = Rows::new();
    // By the simple protocol, in which values come as text, whatever their type.
    let mut rows = raw_sql(FETCH).fetch(db);
    while let Some(row) = rows.try_next().await.map_err(refusal)? {
        if !answer.take(cells(&row).map_err(refusal)?) {
            break;
        }
    }
    drop(rows);
    debug_assert!(FETCH.contains(&(MAX_ROWS + 1).to_string()));
    Ok(answer.table(names))
}

fn cells(row: &PgRow) -> Result<Vec<Value>, sqlx::Error> {
    let cell = |place: usize| {
        let value = row.try_get_raw(place)?;
        if value.is_null() {
            return Ok(Value::Null);
        }
        let text = value.as_str().map_err(sqlx::Error::Decode)?;
        Ok(match row.column(place).type_info().name() {
            "BOOL" => (text == "t").into(),
            "INT2" | "INT4" | "INT8" | "FLOAT4" | "FLOAT8" | "NUMERIC" => {
                let number = text.parse::<Number>().map(Value::Number);
                // Infinity and NaN are no JSON.
                number.unwrap_or_else(|_| text.into())
            }
            _ => text.into(),
        })
    };
    (0..row.len()).map(cell).collect()
}

/// Why PostgreSQL does not answer.
fn refusal(fault: sqlx::Error) -> Error {
    let refused = match &fault {
        sqlx::Error::Database(refused) => refused,
        sqlx::Error::Protocol(_) | sqlx::Error::Encode(_) => {
            return Error::QueryRefused(NO_PARAMETERS.to_owned());
        }
        _ => return fault.into(),
    };
    let code = refused.code().unwrap_or_default();
    if code == PROTOCOL_VIOLATION {
        return Error::QueryRefused(NO_PARAMETERS.to_owned());
    }
    if code == QUERY_CANCELED || code.starts_with(OUT_OF_RESOURCES) {
        return Error::QueryTooCostly;
    }
    match NOT_OURS.iter().any(|class| code.starts_with(class)) {
        true => fault.into(),
        false => Error::QueryRefused(refused.message().to_owned()),
    }
}
