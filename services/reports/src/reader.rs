//! SQL that the staff write themselves. What may be asked is for the database to say, by its own means: there is no
//! parser here that could read a statement otherwise than the database does.
//!
//! Whatever the database: one statement, a select, on the tables of the star alone; so much time, so many rows, so
//! many bytes of them.

pub mod postgres;
pub mod sqlite;

use std::time::Duration;

use async_trait::async_trait;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::Error;

/// How long a query may take.
pub const TIME: Duration = Duration::from_secs(5);

/// How many rows are answered.
pub const MAX_ROWS: usize = 10_000;

/// How many bytes of values are answered, about.
pub const MAX_BYTES: usize = 4 * 1024 * 1024;

/// How many characters a query may have.
pub const MAX_SQL: usize = 10_000;

/// What is said of a query that has parameters.
const NO_PARAMETERS: &str = "Write values, not parameters.";

/// What a query answers.
#[derive(Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = QueryAnswer)]
pub struct Table {
    /// The columns, in order.
    pub columns: Vec<Column>,
    /// The rows: of each column text, a number, a truth value or null.
    #[schema(example = json!([[12_300]]))]
    pub rows: Vec<Vec<Value>>,
    /// Whether there are more rows than are answered.
    pub is_truncated: bool,
}

/// A column of an answer.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = QueryColumn)]
pub struct Column {
    /// Its name.
    #[schema(example = "revenue")]
    pub name: String,
    /// Whether all of its values are numbers.
    pub is_numeric: bool,
}

/// Who answers queries.
#[async_trait]
pub trait Reader: Send + Sync {
    /// Answers a query; [`Error::QueryRefused`] with the database's words, [`Error::QueryTooCostly`].
    async fn read(&self, sql: &str) -> Result<Table, Error>;
}

/// Rows that are answered, until there are enough.
struct Rows {
    rows: Vec<Vec<Value>>,
    bytes: usize,
    is_full: bool,
}

impl Rows {
    fn new() -> Self {
        Self {
            rows: Vec::new(),
            bytes: 0,
            is_full: false,
        }
    }

    /// Takes a row; false where there is no room for it.
    fn take(&mut self, row: Vec<Value>) -> bool {
        let bytes: usize = row.iter().map(size).sum();
        self.is_full = self.rows.len() == MAX_ROWS || self.bytes + bytes > MAX_BYTES;
        if !self.is_full {
            self.bytes += bytes;
            self.rows.push(row);
        }
        !self.is_full
    }

    fn table(self, names: Vec<String>) -> Table {
        let is_numeric = |place: usize| {
            let values = || self.rows.iter().filter_map(|row| row.get(place));
            let mut values = values().filter(|value| !value.is_null()).peekable();
            values.peek().is_some() && values.all(Value::is_number)
        };
        let columns = names.into_iter().enumerate().map(|(place, name)| Column {
            name,
            is_numeric: is_numeric(place),
        });
        Table {
            columns: columns.collect(),
            is_truncated: self.is_full,
            rows: self.rows,
        }
    }
}

/// About how many bytes a value has when it is written.
fn size(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len() + 3,
        _ => 8,
    }
}
