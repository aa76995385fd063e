//! payments.db in SQLite.

use std::path::Path;

use async_trait::async_trait;
use jiff::Timestamp;
use kit::store::{Migration, Sqlite, StoreError};
use rusqlite::{Connection, OptionalExtension, Row, params, types::Type};
use uuid::Uuid;

use super::Store;
use crate::{
    Error,
    payment::{Action, Amount, Payment, State},
};

const MIGRATIONS: &[Migration] = &[Migration {
    name: "0001_create_payments",
    sql: include_str!("../../migrations/sqlite/0001_create_payments.sql"),
}];

/// The adapter.
pub struct SqliteStore {
    db: Sqlite,
}

impl SqliteStore {
    /// Opens the file and migrates it.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        Ok(Self {
            db: Sqlite::open(path, MIGRATIONS)?,
        })
    }
}

impl From<rusqlite::Error> for Error {
    fn from(fault: rusqlite::Error) -> Self {
        Self::Unavailable(fault.into())
    }
}

#[async_trait]
impl Store for SqliteStore {
    async fn find(&self, order_id: Uuid) -> Result<Option<Payment>, Error> {
        self.db.read(|db| Ok(select(db, order_id)?))
    }

    async fn answer(&self, payment: &Payment) -> Result<Payment, Error> {
        let new = payment.clone();
        self.db
            .write(move |db| {
                match select(db, new.order_id)? {
                    Some(stored) if stored.state != State::Unknown => return Ok(stored),
                    Some(_) | None => upsert(db, &new)?,
                }
                Ok(new)
            })
            .await
    }

    async fn apply(&self, order_id: Uuid, action: Action) -> Result<Payment, Error> {
        self.db
            .write(move |db| {
                let Some(mut payment) = select(db, order_id)? else {
                    if action != Action::Void {
                        return Err(Error::NotFound);
                    }
                    let tombstone = tombstone(order_id);
                    upsert(db, &tombstone)?;
                    return Ok(tombstone);
                };
                let next = payment.state.after(action)?;
                if next != payment.state {
                    payment.state = next;
                    upsert(db, &payment)?;
                }
                Ok(payment)
            })
            .await
    }

    fn ping(&self) -> Result<(), Error> {
        Ok(self.db.ping()?)
    }
}

/// Stands where an order must never be charged.
fn tombstone(order_id: Uuid) -> Payment {
    Payment {
        order_id,
        state: State::Voided,
        token: "tok_none".parse().expect("letters"),
        amount: Amount::new(1, "USD").expect("above zero"),
        asked: 0,
    }
}

fn upsert(db: &Connection, payment: &Payment) -> Result<(), rusqlite::Error> {
    db.prepare_cached(
        "insert into payment (order_id, state, token, amount, currency, asked, updated_at)
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7)
         on conflict (order_id) do update set
           state = excluded.state, asked = excluded.asked, updated_at = excluded.updated_at",
    )?
    .execute(params![
        payment.order_id,
        payment.state.name(),
        payment.token.as_str(),
        payment.amount.minor(),
        payment.amount.currency(),
        payment.asked,
        Timestamp::now().as_millisecond(),
    ])
    .map(drop)
}

fn select(db: &Connection, order_id: Uuid) -> Result<Option<Payment>, rusqlite::Error> {
    db.prepare_cached(
        "select order_id, state, token, amount, currency, asked from payment where order_id = ?1",
    )?
    .query_row([order_id], payment)
    .optional()
}

fn payment(row: &Row<'_>) -> Result<Payment, rusqlite::Error> {
    let corrupt = |column| rusqlite::Error::InvalidColumnType(column, "payment".into(), Type::Text);
    let currency: String = row.get(4)?;
    Ok(Payment {
        order_id: row.get(0)?,
        state: State::named(&row.get::<_, String>(1)?).ok_or_else(|| corrupt(1))?,
        token: row.get::<_, String>(2)?.parse().map_err(|_| corrupt(2))?,
        amount: Amount::new(row.get(3)?, &currency).map_err(|_| corrupt(3))?,
        asked: row.get(5)?,
    })
}
