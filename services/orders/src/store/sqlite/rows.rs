//! Orders and carts as rows, read.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, ToSql, params, types::Type};
use uuid::Uuid;

use crate::{
    address::Address,
    cart::{Item, Line, Totals},
    money::Money,
    order::{Fingerprint, Moment, Number, Order, Payment, PaymentStatus, Status},
    saga::{Reason, Saga},
};

pub(super) const PURCHASE: &str = "id, number, user_id, status, saga, reason, lines_at_fault, subtotal, \
    shipping, tax, total, address, token, brand, last4, payment_status, placed_at, attempts, \
    fingerprint, tracking_code";

pub(super) fn select_cart(db: &Connection, user_id: Uuid) -> Result<Vec<Item>, rusqlite::Error> {
    db.prepare_cached(
        "select product_id, quantity from cart_item where user_id = ?1
         order by added_at, product_id",
    )?
    .query_map([user_id], |row| {
        Ok(Item {
            product_id: row.get(0)?,
            quantity: row
                .get::<_, i64>(1)?
                .try_into()
                .map_err(|_| corrupt("quantity"))?,
        })
    })?
    .collect()
}

pub(super) fn select_by_key(
    db: &Connection,
    user_id: Uuid,
    key: &str,
) -> Result<Option<(Order, Fingerprint)>, rusqlite::Error> {
    let sql =
        format!("select {PURCHASE} from purchase where user_id = ?1 and idempotency_key = ?2");
    let found = db
        .prepare_cached(&sql)?
        .query_row(params![user_id, key], |row| {
            Ok((purchase(row)?, Fingerprint(row.get(18)?)))
        })
        .optional()?;
    found
        .map(|(order, fingerprint)| Ok((complete(db, order)?, fingerprint)))
        .transpose()
}

pub(super) fn select(db: &Connection, id: Uuid) -> Result<Option<Order>, rusqlite::Error> {
    Ok(select_all(db, "where id = ?1", &[&id])?.pop())
}

pub(super) fn select_all(
    db: &Connection,
    rest: &str,
    values: &[&dyn ToSql],
) -> Result<Vec<Order>, rusqlite::Error> {
    let orders: Vec<Order> = db
        .prepare_cached(&format!("select {PURCHASE} from purchase {rest}"))?
        .query_map(values, purchase)?
        .collect::<Result<_, _>>()?;
    orders
        .into_iter()
        .map(|order| complete(db, order))
        .collect()
}

pub(super) fn complete(db: &Connection, mut order: Order) -> Result<Order, rusqlite::Error> {
    order.lines = db
        .prepare_cached(
            "select product_id, name, unit_price, quantity from purchase_line
             where purchase_id = ?1 order by place",
        )?
        .query_map([order.id], line)?
        .collect::<Result<_, _>>()?;
    order.timeline = select_timeline(db, order.id)?;
    Ok(order)
}

pub(super) fn select_timeline(db: &Connection, id: Uuid) -> Result<Vec<Moment>, rusqlite::Error> {
    db.prepare_cached(
        "select sequence, status, at from timeline
         where purchase_id = ?1 order by sequence",
    )?
    .query_map([id], |row| {
        Ok(Moment {
            sequence: row.get(0)?,
            status: status(&row.get::<_, String>(1)?)?,
            at: time(row, 2)?,
        })
    })?
    .collect()
}

pub(super) fn line(row: &Row<'_>) -> Result<Line, rusqlite::Error> {
    let item = Item {
        product_id: row.get(0)?,
        quantity: row
            .get::<_, i64>(3)?
            .try_into()
            .map_err(|_| corrupt("quantity"))?,
    };
    Line::new(item, row.get(1)?, money(row, 2)?).map_err(|_| corrupt("unit_price"))
}

/// Without its lines and timeline.
pub(super) fn purchase(row: &Row<'_>) -> Result<Order, rusqlite::Error> {
    let saga: String = row.get(4)?;
    let address: String = row.get(11)?;
    let address: Address = serde_json::from_str(&address).map_err(|_| corrupt("address"))?;
    let token: Option<String> = row.get(12)?;
    let token = token.map(|token| token.parse().map_err(|_| corrupt("token")));
    let payment_status: String = row.get(15)?;
    let code: Option<String> = row.get(19)?;
    let code = code.map(|code| code.parse().map_err(|_| corrupt("tracking_code")));
    Ok(Order {
        id: row.get(0)?,
        number: Number::stored(row.get(1)?),
        user_id: row.get(2)?,
        status: status(&row.get::<_, String>(3)?)?,
        saga: Saga::named(&saga).ok_or_else(|| corrupt("saga"))?,
        reason: reason(row)?,
        lines: Vec::new(),
        totals: Totals {
            subtotal: money(row, 7)?,
            shipping: money(row, 8)?,
            tax: money(row, 9)?,
            total: money(row, 10)?,
        },
        address,
        payment: Payment {
            token: token.transpose()?,
            brand: row.get(13)?,
            last4: row.get(14)?,
            status: PaymentStatus::named(&payment_status)
                .ok_or_else(|| corrupt("payment_status"))?,
        },
        placed_at: time(row, 16)?,
        tracking_code: code.transpose()?,
        attempts: row.get(17)?,
        timeline: Vec::new(),
    })
}

pub(super) fn reason(row: &Row<'_>) -> Result<Option<Reason>, rusqlite::Error> {
    let name: Option<String> = row.get(5)?;
    let at_fault: Option<String> = row.get(6)?;
    Reason::stored(name.as_deref(), at_fault.as_deref()).map_err(|_| corrupt("reason"))
}

pub(super) fn status(name: &str) -> Result<Status, rusqlite::Error> {
    Status::named(name).ok_or_else(|| corrupt("status"))
}

pub(super) fn money(row: &Row<'_>, column: usize) -> Result<Money, rusqlite::Error> {
    Money::cents(row.get(column)?).map_err(|_| corrupt("amount"))
}

pub(super) fn time(row: &Row<'_>, column: usize) -> Result<Timestamp, rusqlite::Error> {
    Timestamp::from_millisecond(row.get(column)?).map_err(|_| corrupt("time"))
}

pub(super) fn corrupt(column: &str) -> rusqlite::Error {
    rusqlite::Error::InvalidColumnType(0, column.to_owned(), Type::Text)
}
