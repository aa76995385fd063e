//! Orders and carts as rows, read.

use jiff::Timestamp;
use kit::store::{PostgresError, Statements};
use serde::Deserialize;
use tokio_postgres::{Row, types::Json};
use uuid::Uuid;

use crate::{
    cart::{Item, Line, Quantity, Totals},
    money::Money,
    order::{Fingerprint, Moment, Number, Order, Payment, PaymentStatus, Status},
    saga::{Reason, Saga},
};

/// An order with its lines and its timeline, of `purchase p`.
pub(super) const ORDER: &str = "p.id, p.number, p.user_id, p.fingerprint, p.status, p.saga, p.reason, \
    p.lines_at_fault, p.subtotal, p.shipping, p.tax, p.total, p.address, p.token, p.brand, \
    p.last4, p.payment_status, p.placed_at, p.attempts, \
    p.tracking_code, \
    (select json_agg(line order by place) from purchase_line line where purchase_id = p.id) \
      as lines, \
    (select json_agg(moment order by sequence) from timeline moment where purchase_id = p.id) \
      as timeline";

pub(super) async fn select_by_key(
    db: &impl Statements,
    user_id: Uuid,
    key: &str,
) -> Result<Option<(Order, Fingerprint)>, PostgresError> {
    let sql =
        format!("select {ORDER} from purchase p where p.user_id = $1 and p.idempotency_key = $2");
    let row = db.maybe(&sql, &[&user_id, &key]).await?;
    row.map(|row| {
        let fingerprint: &[u8] = row.try_get("fingerprint")?;
        let fingerprint = fingerprint.try_into();
        let fingerprint = fingerprint.map_err(|_| PostgresError::Corrupt("fingerprint"))?;
        Ok((order(&row)?, Fingerprint(fingerprint)))
    })
    .transpose()
}

#[derive(Deserialize)]
pub(super) struct LineRow {
    product_id: Uuid,
    name: String,
    unit_price: i64,
    quantity: i64,
}

#[derive(Deserialize)]
pub(super) struct MomentRow {
    sequence: i64,
    status: Status,
    at: i64,
}

pub(super) fn order(row: &Row) -> Result<Order, PostgresError> {
    let lines: Option<Json<Vec<LineRow>>> = row.try_get("lines")?;
    let lines = lines.into_iter().flat_map(|lines| lines.0).map(|line| {
        let item = Item {
            product_id: line.product_id,
            quantity: quantity(line.quantity)?,
        };
        Line::new(item, line.name, money(line.unit_price)?)
            .map_err(|_| PostgresError::Corrupt("unit_price"))
    });
    let timeline: Option<Json<Vec<MomentRow>>> = row.try_get("timeline")?;
    let timeline = timeline.into_iter().flat_map(|moments| moments.0);
    let timeline = timeline.map(|moment| {
        Ok(Moment {
            sequence: moment.sequence,
            status: moment.status,
            at: time(moment.at)?,
        })
    });
    let address = serde_json::from_str(row.try_get("address")?);
    let token: Option<&str> = row.try_get("token")?;
    let attempts: i64 = row.try_get("attempts")?;
    let code: Option<&str> = row.try_get("tracking_code")?;
    let corrupt = PostgresError::Corrupt;
    Ok(Order {
        id: row.try_get("id")?,
        number: Number::stored(row.try_get("number")?),
        user_id: row.try_get("user_id")?,
        status: status(row)?,
        saga: Saga::named(row.try_get("saga")?).ok_or(corrupt("saga"))?,
        reason: Reason::stored(row.try_get("reason")?, row.try_get("lines_at_fault")?)
            .map_err(|_| corrupt("reason"))?,
        lines: lines.collect::<Result<_, _>>()?,
        totals: Totals {
            subtotal: money(row.try_get("subtotal")?)?,
            shipping: money(row.try_get("shipping")?)?,
            tax: money(row.try_get("tax")?)?,
            total: money(row.try_get("total")?)?,
        },
        address: address.map_err(|_| corrupt("address"))?,
        payment: Payment {
            token: token
                .map(str::parse)
                .transpose()
                .map_err(|_| corrupt("token"))?,
            brand: row.try_get("brand")?,
            last4: row.try_get("last4")?,
            status: PaymentStatus::named(row.try_get("payment_status")?)
                .ok_or(corrupt("payment_status"))?,
        },
        placed_at: time(row.try_get("placed_at")?)?,
        tracking_code: code
            .map(str::parse)
            .transpose()
            .map_err(|_| corrupt("tracking_code"))?,
        attempts: attempts.try_into().map_err(|_| corrupt("attempts"))?,
        timeline: timeline.collect::<Result<_, PostgresError>>()?,
    })
}

pub(super) fn item(row: &Row) -> Result<Item, PostgresError> {
    Ok(Item {
        product_id: row.try_get("product_id")?,
        quantity: quantity(row.try_get("quantity")?)?,
    })
}

pub(super) fn status(row: &Row) -> Result<Status, PostgresError> {
    Status::named(row.try_get("status")?).ok_or(PostgresError::Corrupt("status"))
}

pub(super) fn quantity(pieces: i64) -> Result<Quantity, PostgresError> {
    let quantity = pieces.try_into();
    quantity.map_err(|_| PostgresError::Corrupt("quantity"))
}

pub(super) fn money(cents: i64) -> Result<Money, PostgresError> {
    Money::cents(cents).map_err(|_| PostgresError::Corrupt("amount"))
}

pub(super) fn time(at: i64) -> Result<Timestamp, PostgresError> {
    Timestamp::from_millisecond(at).map_err(|_| PostgresError::Corrupt("time"))
}
