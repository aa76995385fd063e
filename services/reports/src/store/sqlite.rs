//! reports.db in SQLite.

mod dashboard;
mod query_log;

use std::path::Path;

use async_trait::async_trait;
use kit::{
    events::remembered_from,
    store::{Migration, Sqlite, StoreError},
};
use rusqlite::{Connection, OptionalExtension, Params, params};
use uuid::Uuid;

use super::Store;
use crate::{
    Error,
    customer::Pseudonym,
    fact::{OrderFact, Status, day},
};

const MIGRATIONS: &[Migration] = &[Migration {
    name: "0001_create_star",
    sql: include_str!("../../migrations/sqlite/0001_create_star.sql"),
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

#[async_trait]
impl Store for SqliteStore {
    async fn count(&self, fact: OrderFact) -> Result<(), Error> {
        self.db
            .write(move |db| {
                if !is_first(db, &fact)? {
                    return Ok(());
                }
                if insert_order(db, &fact)? {
                    insert_lines(db, &fact)?;
                    link(db, &fact)?;
                }
                advance(db, &fact)
            })
            .await
    }

    async fn unlink(&self, customer: &Pseudonym, event_id: Uuid) -> Result<(), Error> {
        let key = customer.as_str().to_owned();
        self.db
            .write(move |db| {
                let past = "delete from departed_customer where event_id < ?1";
                execute(db, past, [remembered_from()])?;
                let departed =
                    "insert into departed_customer (customer_key, event_id) values (?1, ?2)
                     on conflict do nothing";
                execute(db, departed, params![key, event_id])?;
                let unlink = "update fact_orders set customer_key = null where customer_key = ?1";
                execute(db, unlink, [&key])?;
                execute(
                    db,
                    "delete from dim_customers where customer_key = ?1",
                    [&key],
                )?;
                Ok(())
            })
            .await
    }

    async fn ping(&self) -> Result<(), Error> {
        Ok(self.db.ping().await?)
    }
}

fn is_first(db: &Connection, fact: &OrderFact) -> Result<bool, Error> {
    let take = "insert into events_taken (event_id, topic, order_id, day, at)
         values (?1, ?2, ?3, ?4, ?5) on conflict do nothing";
    let values = params![
        fact.event_id.to_string(),
        fact.topic,
        fact.order_id.to_string(),
        day(fact.at),
        fact.at.as_millisecond(),
    ];
    Ok(execute(db, take, values)? == 1)
}

/// False where another event has told of the order.
fn insert_order(db: &Connection, fact: &OrderFact) -> Result<bool, Error> {
    let insert =
        "insert into fact_orders (order_id, day, customer_key, status, reason, currency, units,
           subtotal, shipping, tax, total, placed_at)
         values (?1, ?2, null, ?3, null, ?4, ?5, ?6, ?7, ?8, ?9, ?10) on conflict do nothing";
    let values = params![
        fact.order_id.to_string(),
        fact.day(),
        <&str>::from(fact.status),
        fact.currency,
        fact.units(),
        fact.subtotal,
        fact.shipping,
        fact.tax,
        fact.total,
        fact.placed_at.as_millisecond(),
    ];
    Ok(execute(db, insert, values)? == 1)
}

fn insert_lines(db: &Connection, fact: &OrderFact) -> Result<(), Error> {
    let insert_line = "insert into fact_lines (order_id, place, day, product_id, quantity, unit_price, line_total)
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    let insert_product =
        "insert into dim_products (product_id, name, category, seen_at) values (?1, ?2, ?3, ?4)
         on conflict (product_id) do update
         set name = excluded.name, category = excluded.category, seen_at = excluded.seen_at
         where dim_products.seen_at <= excluded.seen_at";
    for (line, place) in fact.lines.iter().zip(0_i64..) {
        let product = line.product_id.to_string();
        let values = params![
            fact.order_id.to_string(),
            place,
            fact.day(),
            product,
            line.quantity,
            line.unit_price,
            line.quantity * line.unit_price,
        ];
        execute(db, insert_line, values)?;
        let seen_at = fact.placed_at.as_millisecond();
        let values = params![product, line.name, line.category, seen_at];
        execute(db, insert_product, values)?;
    }
    Ok(())
}

/// Links the order to its customer, unless the customer is gone.
fn link(db: &Connection, fact: &OrderFact) -> Result<(), Error> {
    let key = fact.customer.as_str();
    let departed = "select 1 from departed_customer where customer_key = ?1";
    if db.prepare_cached(departed)?.exists([key])? {
        return Ok(());
    }
    let insert = "insert into dim_customers (customer_key, first_day) values (?1, ?2)
         on conflict (customer_key) do update
         set first_day = min(dim_customers.first_day, excluded.first_day)";
    execute(db, insert, params![key, fact.day()])?;
    let link = "update fact_orders set customer_key = ?2 where order_id = ?1";
    execute(db, link, params![fact.order_id.to_string(), key]).map(drop)
}

/// Notes when the order became what the event tells, and what it is now.
fn advance(db: &Connection, fact: &OrderFact) -> Result<(), Error> {
    let id = fact.order_id.to_string();
    let known = "select status from fact_orders where order_id = ?1";
    let known: Option<String> = db
        .prepare_cached(known)?
        .query_row([&id], |row| row.get(0))
        .optional()?;
    let known = known.and_then(|status| status.parse().ok());
    let status: &str = known
        .map_or(fact.status, |it: Status| it.max(fact.status))
        .into();
    let column: &str = fact.status.into();
    let advance = format!(
        "update fact_orders set status = ?2, reason = coalesce(?3, reason), {column}_at = ?4
         where order_id = ?1"
    );
    let at = fact.at.as_millisecond();
    execute(db, &advance, params![id, status, fact.reason, at]).map(drop)
}

/// Executes a statement that is kept prepared. How many rows it changed.
fn execute(db: &Connection, sql: &str, values: impl Params) -> Result<usize, Error> {
    Ok(db.prepare_cached(sql)?.execute(values)?)
}
