//! Orders and carts, read.

use rusqlite::{Connection, Row, ToSql};
use sqlx::types::Json;
use uuid::Uuid;

use crate::{
    Error,
    cart::Item,
    order::{Fingerprint, Order, TimelineEntry},
    store::rows::{EntryRow, LineRow, OrderRow, item},
};

const PURCHASE: &str = "id, number, user_id, fingerprint, status, saga, reason, lines_at_fault, \
    subtotal, shipping, tax, total, address, token, brand, last4, payment_status, placed_at, \
    attempts, tracking_code";

pub(super) fn select_cart(db: &Connection, user_id: Uuid) -> Result<Vec<Item>, Error> {
    let mut cart = db.prepare_cached(
        "select product_id, quantity from cart_item where user_id = ?1
         order by added_at, product_id",
    )?;
    let rows = cart.query_and_then([user_id], |row| Ok(item(row.get(0)?, row.get(1)?)?))?;
    rows.collect()
}

pub(super) fn select(db: &Connection, id: Uuid) -> Result<Option<Order>, Error> {
    Ok(select_all(db, "where id = ?1", &[&id])?.pop())
}

pub(super) fn select_by_key(
    db: &Connection,
    user_id: Uuid,
    key: &str,
) -> Result<Option<(Order, Fingerprint)>, Error> {
    let rest = "where user_id = ?1 and idempotency_key = ?2";
    let row = select_rows(db, rest, &[&user_id, &key])?.pop();
    let Some(row) = row else { return Ok(None) };
    let fingerprint = row.fingerprint()?;
    Ok(Some((row.try_into()?, fingerprint)))
}

pub(super) fn select_all(
    db: &Connection,
    rest: &str,
    values: &[&dyn ToSql],
) -> Result<Vec<Order>, Error> {
    let rows = select_rows(db, rest, values)?.into_iter();
    Ok(rows.map(Order::try_from).collect::<Result<_, _>>()?)
}

fn select_rows(db: &Connection, rest: &str, values: &[&dyn ToSql]) -> Result<Vec<OrderRow>, Error> {
    let mut purchases = db.prepare_cached(&format!("select {PURCHASE} from purchase {rest}"))?;
    let rows = purchases.query_and_then(values, |row| order(db, row))?;
    rows.collect()
}

pub(super) fn select_timeline(db: &Connection, id: Uuid) -> Result<Vec<TimelineEntry>, Error> {
    let entries = entries(db, id)?.into_iter().map(TimelineEntry::try_from);
    Ok(entries.collect::<Result<_, _>>()?)
}

fn lines(db: &Connection, id: Uuid) -> Result<Vec<LineRow>, Error> {
    let mut lines = db.prepare_cached(
        "select product_id, name, unit_price, quantity from purchase_line
         where purchase_id = ?1 order by place",
    )?;
    let lines = lines.query_map([id], |row| {
        Ok(LineRow {
            product_id: row.get(0)?,
            name: row.get(1)?,
            unit_price: row.get(2)?,
            quantity: row.get(3)?,
        })
    })?;
    Ok(lines.collect::<Result<_, _>>()?)
}

fn entries(db: &Connection, id: Uuid) -> Result<Vec<EntryRow>, Error> {
    let mut entries = db.prepare_cached(
        "select sequence, status, at from timeline where purchase_id = ?1 order by sequence",
    )?;
    let entries = entries.query_map([id], |row| {
        Ok(EntryRow {
            sequence: row.get(0)?,
            status: row.get(1)?,
            at: row.get(2)?,
        })
    })?;
    Ok(entries.collect::<Result<_, _>>()?)
}

fn order(db: &Connection, row: &Row<'_>) -> Result<OrderRow, Error> {
    let id = row.get("id")?;
    Ok(OrderRow {
        id,
        number: row.get("number")?,
        user_id: row.get("user_id")?,
        fingerprint: row.get("fingerprint")?,
        status: row.get("status")?,
        saga: row.get("saga")?,
        reason: row.get("reason")?,
        lines_at_fault: row.get("lines_at_fault")?,
        subtotal: row.get("subtotal")?,
        shipping: row.get("shipping")?,
        tax: row.get("tax")?,
        total: row.get("total")?,
        address: row.get("address")?,
        token: row.get("token")?,
        brand: row.get("brand")?,
        last4: row.get("last4")?,
        payment_status: row.get("payment_status")?,
        placed_at: row.get("placed_at")?,
        attempts: row.get("attempts")?,
        tracking_code: row.get("tracking_code")?,
        lines: Json(lines(db, id)?),
        timeline: Json(entries(db, id)?),
    })
}
