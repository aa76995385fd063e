//! payments.db in SQLite.

use std::path::Path;

use async_trait::async_trait;
use jiff::Timestamp;
use kit::store::{Migration, Sqlite, StoreError};
use rusqlite::{Connection, OptionalExtension, Row, params, types::Type};
use uuid::Uuid;

use super::{Store, entry, tombstone};
use crate::{
    Error,
    payment::{Action, Amount, Entry, Moved, Payment, Record, State},
};

const MIGRATIONS: &[Migration] = &[
    Migration {
        name: "0001_create_payments",
        sql: include_str!("../../migrations/sqlite/0001_create_payments.sql"),
    },
    Migration {
        name: "0002_create_ledger",
        sql: include_str!("../../migrations/sqlite/0002_create_ledger.sql"),
    },
    Migration {
        name: "0003_forget_tokens",
        sql: include_str!("../../migrations/sqlite/0003_forget_tokens.sql"),
    },
];

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

#[async_trait]
impl Store for SqliteStore {
    async fn find(&self, order_id: Uuid) -> Result<Option<Payment>, Error> {
        self.db.read(|db| Ok(select(db, order_id)?))
    }

    async fn answer(&self, payment: &Payment) -> Result<Payment, Error> {
        let new = payment.clone();
        self.db
            .write(move |db| {
                if let Some(stored) = select(db, new.order_id)?
                    && (stored.state != State::Unknown || !stored.is_for(&new.token, &new.amount))
                {
                    return Ok(stored);
                }
                upsert(db, &new)?;
                Ok(new)
            })
            .await
    }

    async fn advance(
        &self,
        order_id: Uuid,
        seen: Option<State>,
        action: Action,
    ) -> Result<Option<Payment>, Error> {
        self.db
            .write(move |db| {
                let stored = select(db, order_id)?;
                if stored.as_ref().map(|payment| payment.state) != seen {
                    return Ok(None);
                }
                let Some(payment) = stored else {
                    if action != Action::Void {
                        return Err(Error::NotFound);
                    }
                    let tombstone = tombstone(order_id);
                    upsert(db, &tombstone)?;
                    return Ok(Some(tombstone));
                };
                let next = payment.state.after(action)?;
                if next == payment.state {
                    return Ok(Some(payment));
                }
                let payment = payment.advanced(next);
                upsert(db, &payment)?;
                enter(db, &payment, action)?;
                Ok(Some(payment))
            })
            .await
    }

    async fn ledger(&self, after: Option<Uuid>, limit: u32) -> Result<Vec<Moved>, Error> {
        self.db.read(|db| {
            let mut rows = db.prepare_cached(
                "select order_id, currency,
                   sum(amount) filter (where kind = 'capture'),
                   coalesce(sum(amount) filter (where kind = 'refund'), 0)
                 from ledger where order_id > ?1
                 group by order_id order by order_id limit ?2",
            )?;
            let after = after.map_or(Vec::new(), |id| id.as_bytes().to_vec());
            let rows = rows.query_map(params![after, limit], moved)?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    async fn records(&self, order_ids: &[Uuid]) -> Result<Vec<Record>, Error> {
        let mut ids = order_ids.to_vec();
        ids.sort_unstable();
        ids.dedup();
        self.db.read(|db| {
            let records = ids.iter().map(|id| record(db, *id).transpose());
            Ok(records.flatten().collect::<Result<_, _>>()?)
        })
    }

    async fn ping(&self) -> Result<(), Error> {
        Ok(self.db.ping().await?)
    }
}

fn upsert(db: &Connection, payment: &Payment) -> Result<(), rusqlite::Error> {
    db.prepare_cached(
        "insert into payment (order_id, state, token, amount, currency, asked, updated_at)
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7)
         on conflict (order_id) do update set
           state = excluded.state, token = excluded.token, asked = excluded.asked,
           updated_at = excluded.updated_at",
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

/// Writes the money that `action` moved into the ledger.
fn enter(db: &Connection, payment: &Payment, action: Action) -> Result<(), rusqlite::Error> {
    let Some(kind) = entry(action) else {
        return Ok(());
    };
    db.prepare_cached(
        "insert into ledger (order_id, kind, amount, currency, at) values (?1, ?2, ?3, ?4, ?5)",
    )?
    .execute(params![
        payment.order_id,
        kind,
        payment.amount.minor(),
        payment.amount.currency(),
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

fn record(db: &Connection, order_id: Uuid) -> Result<Option<Record>, rusqlite::Error> {
    let Some(payment) = select(db, order_id)? else {
        return Ok(None);
    };
    let updated_at = db
        .prepare_cached("select updated_at from payment where order_id = ?1")?
        .query_row([order_id], |row| row.get(0))?;
    let mut entries = db.prepare_cached(
        "select kind, amount, currency, at from ledger where order_id = ?1 order by at, kind",
    )?;
    let entries = entries.query_map([order_id], |row| {
        Ok(Entry {
            kind: row.get(0)?,
            amount: row.get(1)?,
            currency: row.get(2)?,
            at: Timestamp::from_millisecond(row.get(3)?).unwrap_or_default(),
        })
    })?;
    Ok(Some(Record {
        payment,
        updated_at: Timestamp::from_millisecond(updated_at).unwrap_or_default(),
        ledger: entries.collect::<Result<_, _>>()?,
    }))
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

fn moved(row: &Row<'_>) -> Result<Moved, rusqlite::Error> {
    Ok(Moved {
        order_id: row.get(0)?,
        currency: row.get(1)?,
        captured: row.get(2)?,
        refunded: row.get(3)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn money_moved_before_there_was_a_ledger_is_in_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("payments.db");
        let before = Sqlite::open(&path, &MIGRATIONS[..1]).unwrap();
        let ids = [1, 2, 3].map(Uuid::from_u128);
        let states = [State::Authorised, State::Captured, State::Refunded];
        for (order_id, state) in ids.into_iter().zip(states) {
            let payment = Payment {
                state,
                ..tombstone(order_id)
            };
            let stored = before.write(move |db| upsert(db, &payment)).await;
            stored.unwrap();
        }
        drop(before);

        let ledger = SqliteStore::open(&path).unwrap().ledger(None, 10).await;

        let ledger = ledger.unwrap();
        let moved = ledger.iter().map(|m| (m.order_id, m.captured, m.refunded));
        assert_eq!(moved.collect::<Vec<_>>(), [(ids[1], 1, 0), (ids[2], 1, 1)]);
    }
}
