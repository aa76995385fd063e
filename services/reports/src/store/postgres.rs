//! reports.db in PostgreSQL.

mod dashboard;
mod query_log;

use async_trait::async_trait;
use kit::{
    events::remembered_from,
    store::{Connection, Postgres, PostgresUrl, StoreError},
};
use sqlx::{migrate, query, query_scalar};
use uuid::Uuid;

use super::Store;
use crate::{
    Error,
    customer::Pseudonym,
    fact::{OrderFact, Status, day},
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
    async fn count(&self, fact: OrderFact) -> Result<(), Error> {
        let mut db = self.db.get().await?;
        let mut tx = db.begin().await?;
        if is_first(&mut tx, &fact).await? {
            if insert_order(&mut tx, &fact).await? {
                insert_lines(&mut tx, &fact).await?;
                link(&mut tx, &fact).await?;
            }
            advance(&mut tx, &fact).await?;
        }
        Ok(tx.commit().await?)
    }

    async fn unlink(&self, customer: &Pseudonym, event_id: Uuid) -> Result<(), Error> {
        let key = customer.as_str();
        let mut db = self.db.get().await?;
        let mut tx = db.begin().await?;
        lock_customer(&mut tx, key).await?;
        let past = query!(
            "delete from departed_customer where event_id < $1",
            remembered_from()
        );
        past.execute(&mut *tx).await?;
        let departed = query!(
            "insert into departed_customer (customer_key, event_id) values ($1, $2)
             on conflict do nothing",
            key,
            event_id
        );
        departed.execute(&mut *tx).await?;
        let unlink = query!(
            "update fact_orders set customer_key = null where customer_key = $1",
            key
        );
        unlink.execute(&mut *tx).await?;
        let forget = query!("delete from dim_customers where customer_key = $1", key);
        forget.execute(&mut *tx).await?;
        Ok(tx.commit().await?)
    }

    async fn ping(&self) -> Result<(), Error> {
        Ok(self.db.ping().await?)
    }
}

async fn is_first(db: &mut Connection, fact: &OrderFact) -> Result<bool, Error> {
    let take = query!(
        "insert into events_taken (event_id, topic, order_id, day, at)
         values ($1, $2, $3, $4, $5) on conflict do nothing",
        fact.event_id.to_string(),
        fact.topic,
        fact.order_id.to_string(),
        day(fact.at),
        fact.at.as_millisecond()
    );
    Ok(take.execute(db).await?.rows_affected() == 1)
}

/// False where another event has told of the order.
async fn insert_order(db: &mut Connection, fact: &OrderFact) -> Result<bool, Error> {
    let insert = query!(
        "insert into fact_orders (order_id, day, customer_key, status, reason, currency, units,
           subtotal, shipping, tax, total, placed_at)
         values ($1, $2, null, $3, null, $4, $5, $6, $7, $8, $9, $10) on conflict do nothing",
        fact.order_id.to_string(),
        fact.day(),
        <&str>::from(fact.status),
        fact.currency,
        fact.units(),
        fact.subtotal,
        fact.shipping,
        fact.tax,
        fact.total,
        fact.placed_at.as_millisecond()
    );
    Ok(insert.execute(db).await?.rows_affected() == 1)
}

async fn insert_lines(db: &mut Connection, fact: &OrderFact) -> Result<(), Error> {
    let mut lines: Vec<_> = fact.lines.iter().zip(0_i64..).collect();
    // In one order, so that two that count the same products never wait for one another.
    lines.sort_by_key(|(line, _)| line.product_id);
    for (line, place) in lines {
        let product = line.product_id.to_string();
        let insert = query!(
            "insert into fact_lines
               (order_id, place, day, product_id, quantity, unit_price, line_total)
             values ($1, $2, $3, $4, $5, $6, $7)",
            fact.order_id.to_string(),
            place,
            fact.day(),
            product,
            line.quantity,
            line.unit_price,
            line.quantity * line.unit_price
        );
        insert.execute(&mut *db).await?;
        let insert = query!(
            "insert into dim_products (product_id, name, category, seen_at) values ($1, $2, $3, $4)
             on conflict (product_id) do update
             set name = excluded.name, category = excluded.category, seen_at = excluded.seen_at
             where dim_products.seen_at <= excluded.seen_at",
            product,
            line.name,
            line.category,
            fact.placed_at.as_millisecond()
        );
        insert.execute(&mut *db).await?;
    }
    Ok(())
}

/// Links the order to its customer, unless the customer is gone.
async fn link(db: &mut Connection, fact: &OrderFact) -> Result<(), Error> {
    let key = fact.customer.as_str();
    lock_customer(db, key).await?;
    let departed = query_scalar!(
        r#"select exists (select from departed_customer where customer_key = $1) as "gone!""#,
        key
    );
    if departed.fetch_one(&mut *db).await? {
        return Ok(());
    }
    let insert = query!(
        "insert into dim_customers (customer_key, first_day) values ($1, $2)
         on conflict (customer_key) do update
         set first_day = least(dim_customers.first_day, excluded.first_day)",
        key,
        fact.day()
    );
    insert.execute(&mut *db).await?;
    let link = query!(
        "update fact_orders set customer_key = $2 where order_id = $1",
        fact.order_id.to_string(),
        key
    );
    link.execute(db).await?;
    Ok(())
}

/// Notes when the order became what the event tells, and what it is now. The row is locked first: of two at once
/// the second sees what the first has written.
async fn advance(db: &mut Connection, fact: &OrderFact) -> Result<(), Error> {
    let id = fact.order_id.to_string();
    let known = query_scalar!(
        "select status from fact_orders where order_id = $1 for update",
        id
    );
    let known = known.fetch_optional(&mut *db).await?;
    let known = known.and_then(|status| status.parse().ok());
    let status = known.map_or(fact.status, |it: Status| it.max(fact.status));
    let at = |of: Status| (fact.status == of).then(|| fact.at.as_millisecond());
    let advance = query!(
        "update fact_orders set status = $2, reason = coalesce($3, reason),
           confirmed_at = coalesce($4, confirmed_at), shipped_at = coalesce($5, shipped_at),
           delivered_at = coalesce($6, delivered_at), cancelled_at = coalesce($7, cancelled_at)
         where order_id = $1",
        id,
        <&str>::from(status),
        fact.reason,
        at(Status::Confirmed),
        at(Status::Shipped),
        at(Status::Delivered),
        at(Status::Cancelled)
    );
    advance.execute(db).await?;
    Ok(())
}

/// An order that is counted while its customer is forgotten is seen by whoever comes second.
async fn lock_customer(db: &mut Connection, key: &str) -> Result<(), Error> {
    let lock = query!("select pg_advisory_xact_lock(hashtextextended($1, 0))", key);
    lock.execute(db).await?;
    Ok(())
}
