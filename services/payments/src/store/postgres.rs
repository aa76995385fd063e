//! payments.db in PostgreSQL.

use std::collections::HashMap;

use async_trait::async_trait;
use jiff::Timestamp;
use kit::store::{Connection, Postgres, PostgresError, PostgresUrl, StoreError};
use sqlx::{migrate, query, query_as};
use uuid::Uuid;

use super::{Store, entry, tombstone};
use crate::{
    Error,
    payment::{Action, Amount, Entry, Moved, Payment, Record, State},
};

/// The adapter.
pub struct PostgresStore {
    db: Postgres,
}

impl PostgresStore {
    /// Connects and migrates.
    pub async fn open(url: &PostgresUrl) -> Result<Self, StoreError> {
        Ok(Self {
            db: Postgres::open(url, migrate!("migrations/postgres")).await?,
        })
    }
}

#[async_trait]
impl Store for PostgresStore {
    async fn find(&self, order_id: Uuid) -> Result<Option<Payment>, Error> {
        let mut db = self.db.get().await?;
        let row = query_as!(
            Row,
            "select order_id, state, token, amount, currency, asked
             from payment where order_id = $1",
            order_id
        );
        let row = row.fetch_optional(&mut *db).await?;
        Ok(row.map(Payment::try_from).transpose()?)
    }

    async fn answer(&self, new: &Payment) -> Result<Payment, Error> {
        let mut db = self.db.get().await?;
        // One that races waits at the key until the first is committed, and then meets its row.
        let insert = query!(
            "insert into payment (order_id, state, token, amount, currency, asked, updated_at)
             values ($1, $2, $3, $4, $5, $6, $7)
             on conflict (order_id) do update set
               state = excluded.state, asked = excluded.asked, updated_at = excluded.updated_at
             where payment.state = 'unknown' and payment.token = excluded.token
               and payment.amount = excluded.amount and payment.currency = excluded.currency",
            new.order_id,
            new.state.name(),
            new.token.as_str(),
            new.amount.minor(),
            new.amount.currency(),
            i64::from(new.asked),
            Timestamp::now().as_millisecond(),
        );
        if insert.execute(&mut *db).await?.rows_affected() == 1 {
            return Ok(new.clone());
        }
        drop(db);
        self.find(new.order_id).await?.ok_or(Error::NotFound)
    }

    async fn advance(
        &self,
        order_id: Uuid,
        seen: Option<State>,
        action: Action,
    ) -> Result<Option<Payment>, Error> {
        let mut db = self.db.get().await?;
        let mut tx = db.begin().await?;
        let stored = query_as!(
            Row,
            "select order_id, state, token, amount, currency, asked
             from payment where order_id = $1 for no key update",
            order_id
        );
        let stored = stored.fetch_optional(&mut *tx).await?;
        let stored = stored.map(Payment::try_from).transpose()?;
        if stored.as_ref().map(|payment| payment.state) != seen {
            return Ok(None);
        }
        let Some(mut payment) = stored else {
            if action != Action::Void {
                return Err(Error::NotFound);
            }
            // No row could be locked, so a payment may have come meanwhile: it is left as it is.
            let tombstone = tombstone(order_id);
            let stored = insert(&mut tx, &tombstone).await?;
            tx.commit().await?;
            return Ok(stored.then_some(tombstone));
        };
        let next = payment.state.after(action)?;
        if next != payment.state {
            payment = payment.advanced(next);
            let now = Timestamp::now().as_millisecond();
            query!(
                "update payment set state = $2, token = $3, updated_at = $4 where order_id = $1",
                order_id,
                next.name(),
                payment.token.as_str(),
                now
            )
            .execute(&mut *tx)
            .await?;
            if let Some(kind) = entry(action) {
                query!(
                    "insert into ledger (order_id, kind, amount, currency, at)
                     values ($1, $2, $3, $4, $5)",
                    order_id,
                    kind,
                    payment.amount.minor(),
                    payment.amount.currency(),
                    now
                )
                .execute(&mut *tx)
                .await?;
            }
        }
        tx.commit().await?;
        Ok(Some(payment))
    }

    async fn ledger(&self, after: Option<Uuid>, limit: u32) -> Result<Vec<Moved>, Error> {
        let mut db = self.db.get().await?;
        let moved = query_as!(
            Moved,
            r#"select order_id, min(currency) as "currency!",
                 (sum(amount) filter (where kind = 'capture'))::bigint as "captured!",
                 coalesce(sum(amount) filter (where kind = 'refund'), 0)::bigint as "refunded!"
               from ledger where order_id > $1
               group by order_id order by order_id limit $2"#,
            after.unwrap_or_default(),
            i64::from(limit)
        );
        Ok(moved.fetch_all(&mut *db).await?)
    }

    async fn records(&self, order_ids: &[Uuid]) -> Result<Vec<Record>, Error> {
        let mut db = self.db.get().await?;
        let entries = query!(
            "select order_id, kind, amount, currency, at from ledger
             where order_id = any ($1) order by at, kind",
            order_ids
        );
        let mut ledger: HashMap<Uuid, Vec<Entry>> = HashMap::new();
        for row in entries.fetch_all(&mut *db).await? {
            ledger.entry(row.order_id).or_default().push(Entry {
                kind: row.kind,
                amount: row.amount,
                currency: row.currency,
                at: Timestamp::from_millisecond(row.at).unwrap_or_default(),
            });
        }
        let rows = query!(
            "select order_id, state, token, amount, currency, asked, updated_at
             from payment where order_id = any ($1) order by order_id",
            order_ids
        );
        let rows = rows.fetch_all(&mut *db).await?.into_iter();
        let records = rows.map(|row| {
            let payment = Row {
                order_id: row.order_id,
                state: row.state,
                token: row.token,
                amount: row.amount,
                currency: row.currency,
                asked: row.asked,
            };
            Ok(Record {
                ledger: ledger.remove(&row.order_id).unwrap_or_default(),
                updated_at: Timestamp::from_millisecond(row.updated_at).unwrap_or_default(),
                payment: payment.try_into()?,
            })
        });
        records.collect()
    }

    async fn ping(&self) -> Result<(), Error> {
        Ok(self.db.ping().await?)
    }
}

/// Inserts the payment, unless the order has one; whether it did.
async fn insert(db: &mut Connection, payment: &Payment) -> Result<bool, sqlx::Error> {
    let insert = query!(
        "insert into payment (order_id, state, token, amount, currency, asked, updated_at)
         values ($1, $2, $3, $4, $5, $6, $7) on conflict (order_id) do nothing",
        payment.order_id,
        payment.state.name(),
        payment.token.as_str(),
        payment.amount.minor(),
        payment.amount.currency(),
        i64::from(payment.asked),
        Timestamp::now().as_millisecond(),
    );
    Ok(insert.execute(db).await?.rows_affected() == 1)
}

struct Row {
    order_id: Uuid,
    state: String,
    token: String,
    amount: i64,
    currency: String,
    asked: i64,
}

impl TryFrom<Row> for Payment {
    type Error = PostgresError;

    fn try_from(row: Row) -> Result<Self, PostgresError> {
        let corrupt = PostgresError::Corrupt;
        Ok(Self {
            order_id: row.order_id,
            state: State::named(&row.state).ok_or(corrupt("payment.state"))?,
            token: row.token.parse().map_err(|_| corrupt("payment.token"))?,
            amount: Amount::new(row.amount, &row.currency)
                .map_err(|_| corrupt("payment.amount"))?,
            asked: row.asked.try_into().map_err(|_| corrupt("payment.asked"))?,
        })
    }
}

#[cfg(test)]
mod tests {
    use kit::store::StoreUrl;
    use sqlx::migrate::Migrator;
    use testkit::postgres::database;

    use super::*;

    #[tokio::test]
    async fn money_moved_before_there_was_a_ledger_is_in_it() {
        let database = database().await;
        let StoreUrl::Postgres(url) = database.url() else {
            panic!("{}", database.url())
        };
        let migrations = migrate!("migrations/postgres");
        let first = migrations.iter().take(1).cloned().collect();
        let before = Migrator::with_migrations(first);
        let before = Postgres::open(&url, before).await.unwrap();
        let ids = [1, 2, 3].map(Uuid::from_u128);
        let states = [State::Authorised, State::Captured, State::Refunded];
        for (order_id, state) in ids.into_iter().zip(states) {
            let payment = Payment {
                state,
                ..tombstone(order_id)
            };
            let mut client = before.get().await.unwrap();
            assert!(insert(&mut client, &payment).await.unwrap());
        }
        drop(before);

        let store = PostgresStore::open(&url).await.unwrap();
        let ledger = store.ledger(None, 10).await.unwrap();

        let moved = ledger.iter().map(|m| (m.order_id, m.captured, m.refunded));
        assert_eq!(moved.collect::<Vec<_>>(), [(ids[1], 1, 0), (ids[2], 1, 1)]);
    }
}
