//! payments.db in PostgreSQL.

use async_trait::async_trait;
use jiff::Timestamp;
use kit::store::{Migration, Postgres, PostgresError, PostgresUrl, Statements, StoreError};
use tokio_postgres::Row;
use uuid::Uuid;

use super::{Store, entry, tombstone};
use crate::{
    Error,
    payment::{Action, Amount, Moved, Payment, State},
};

const MIGRATIONS: &[Migration] = &[
    Migration {
        name: "0001_create_payments",
        sql: include_str!("../../migrations/postgres/0001_create_payments.sql"),
    },
    Migration {
        name: "0002_create_ledger",
        sql: include_str!("../../migrations/postgres/0002_create_ledger.sql"),
    },
];

/// The adapter.
pub struct PostgresStore {
    db: Postgres,
}

impl PostgresStore {
    /// Connects and migrates.
    pub async fn open(url: &PostgresUrl) -> Result<Self, StoreError> {
        Ok(Self {
            db: Postgres::open(url, MIGRATIONS).await?,
        })
    }
}

impl From<PostgresError> for Error {
    fn from(fault: PostgresError) -> Self {
        if fault.is_unavailable() {
            Self::Unavailable(fault.into())
        } else {
            Self::Internal(fault.into())
        }
    }
}

impl From<tokio_postgres::Error> for Error {
    fn from(fault: tokio_postgres::Error) -> Self {
        PostgresError::from(fault).into()
    }
}

#[async_trait]
impl Store for PostgresStore {
    async fn find(&self, order_id: Uuid) -> Result<Option<Payment>, Error> {
        let sql = "select order_id, state, token, amount, currency, asked
             from payment where order_id = $1";
        let row = self.db.get().await?.maybe(sql, &[&order_id]).await?;
        Ok(row.as_ref().map(payment).transpose()?)
    }

    async fn answer(&self, new: &Payment) -> Result<Payment, Error> {
        // One that races waits at the key until the first is committed, and then meets its row.
        let stored = insert(
            &*self.db.get().await?,
            new,
            "on conflict (order_id) do update set
               state = excluded.state, asked = excluded.asked, updated_at = excluded.updated_at
             where payment.state = 'unknown' and payment.token = excluded.token
               and payment.amount = excluded.amount and payment.currency = excluded.currency",
        )
        .await?;
        if stored {
            return Ok(new.clone());
        }
        self.find(new.order_id).await?.ok_or(Error::NotFound)
    }

    async fn advance(
        &self,
        order_id: Uuid,
        seen: Option<State>,
        action: Action,
    ) -> Result<Option<Payment>, Error> {
        let mut db = self.db.get().await?;
        let tx = db.transaction().await?;
        let sql = "select order_id, state, token, amount, currency, asked
             from payment where order_id = $1 for no key update";
        let stored = tx.maybe(sql, &[&order_id]).await?;
        let stored = stored.as_ref().map(payment).transpose()?;
        if stored.as_ref().map(|payment| payment.state) != seen {
            return Ok(None);
        }
        let Some(mut payment) = stored else {
            if action != Action::Void {
                return Err(Error::NotFound);
            }
            // No row could be locked, so a payment may have come meanwhile: it is left as it is.
            let tombstone = tombstone(order_id);
            let stored = insert(&tx, &tombstone, "on conflict (order_id) do nothing").await?;
            tx.commit().await?;
            return Ok(stored.then_some(tombstone));
        };
        let next = payment.state.after(action)?;
        if next != payment.state {
            payment.state = next;
            let now = Timestamp::now().as_millisecond();
            let sql = "update payment set state = $2, updated_at = $3 where order_id = $1";
            tx.run(sql, &[&order_id, &next.name(), &now]).await?;
            if let Some(kind) = entry(action) {
                let sql = "insert into ledger (order_id, kind, amount, currency, at)
                     values ($1, $2, $3, $4, $5)";
                let (amount, currency) = (payment.amount.minor(), payment.amount.currency());
                tx.run(sql, &[&order_id, &kind, &amount, &currency, &now])
                    .await?;
            }
        }
        tx.commit().await?;
        Ok(Some(payment))
    }

    async fn ledger(&self, after: Option<Uuid>, limit: u32) -> Result<Vec<Moved>, Error> {
        let sql = "select order_id, min(currency),
               (sum(amount) filter (where kind = 'capture'))::bigint,
               coalesce(sum(amount) filter (where kind = 'refund'), 0)::bigint
             from ledger where order_id > $1
             group by order_id order by order_id limit $2";
        let after = after.unwrap_or_default();
        let db = self.db.get().await?;
        let rows = db.all(sql, &[&after, &i64::from(limit)]).await?;
        rows.iter().map(|row| Ok(moved(row)?)).collect()
    }

    async fn ping(&self) -> Result<(), Error> {
        Ok(self.db.ping().await?)
    }
}

/// Inserts the payment; whether a row was written, where the order has one.
async fn insert(
    db: &impl Statements,
    payment: &Payment,
    on_conflict: &str,
) -> Result<bool, PostgresError> {
    let sql = format!(
        "insert into payment (order_id, state, token, amount, currency, asked, updated_at)
         values ($1, $2, $3, $4, $5, $6, $7) {on_conflict}"
    );
    let written = db
        .run(
            &sql,
            &[
                &payment.order_id,
                &payment.state.name(),
                &payment.token.as_str(),
                &payment.amount.minor(),
                &payment.amount.currency(),
                &i64::from(payment.asked),
                &Timestamp::now().as_millisecond(),
            ],
        )
        .await?;
    Ok(written == 1)
}

fn payment(row: &Row) -> Result<Payment, PostgresError> {
    let corrupt = PostgresError::Corrupt;
    let token: &str = row.try_get(2)?;
    let asked: i64 = row.try_get(5)?;
    Ok(Payment {
        order_id: row.try_get(0)?,
        state: State::named(row.try_get(1)?).ok_or(corrupt("payment.state"))?,
        token: token.parse().map_err(|_| corrupt("payment.token"))?,
        amount: Amount::new(row.try_get(3)?, row.try_get(4)?)
            .map_err(|_| corrupt("payment.amount"))?,
        asked: asked.try_into().map_err(|_| corrupt("payment.asked"))?,
    })
}

fn moved(row: &Row) -> Result<Moved, PostgresError> {
    Ok(Moved {
        order_id: row.try_get(0)?,
        currency: row.try_get(1)?,
        captured: row.try_get(2)?,
        refunded: row.try_get(3)?,
    })
}

#[cfg(test)]
mod tests {
    use kit::store::StoreUrl;
    use testkit::postgres::database;

    use super::*;

    #[tokio::test]
    async fn money_moved_before_there_was_a_ledger_is_in_it() {
        let database = database().await;
        let StoreUrl::Postgres(url) = database.url() else {
            panic!("{}", database.url())
        };
        let before = Postgres::open(&url, &MIGRATIONS[..1]).await.unwrap();
        let ids = [1, 2, 3].map(Uuid::from_u128);
        let states = [State::Authorised, State::Captured, State::Refunded];
        for (order_id, state) in ids.into_iter().zip(states) {
            let payment = Payment {
                state,
                ..tombstone(order_id)
            };
            let client = before.get().await.unwrap();
            assert!(insert(&*client, &payment, "").await.unwrap());
        }
        drop(before);

        let store = PostgresStore::open(&url).await.unwrap();
        let ledger = store.ledger(None, 10).await.unwrap();

        let moved = ledger.iter().map(|m| (m.order_id, m.captured, m.refunded));
        assert_eq!(moved.collect::<Vec<_>>(), [(ids[1], 1, 0), (ids[2], 1, 1)]);
    }
}
