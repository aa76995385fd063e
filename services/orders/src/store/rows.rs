//! Orders as both databases have them in rows, and the orders that the rows stand for.

use jiff::Timestamp;
use serde::Deserialize;
use sqlx::types::Json;
use uuid::Uuid;

use crate::{
    Error,
    cart::{Item, Line, Totals},
    money::Money,
    order::{Fingerprint, Number, Order, TimelineEntry},
    payment::{Card, Payment},
    saga::Reason,
};

/// A column that does not hold what this service writes there.
#[derive(Debug, thiserror::Error)]
#[error("column {0} holds something else")]
pub(super) struct Corrupt(pub(super) &'static str);

impl From<Corrupt> for Error {
    fn from(fault: Corrupt) -> Self {
        Self::Internal(fault.into())
    }
}

/// A row of `purchase`, with its lines and its timeline.
pub(super) struct OrderRow {
    pub(super) id: Uuid,
    pub(super) number: String,
    pub(super) user_id: Uuid,
    pub(super) fingerprint: Vec<u8>,
    pub(super) status: String,
    pub(super) saga: String,
    pub(super) reason: Option<String>,
    pub(super) lines_at_fault: Option<String>,
    pub(super) subtotal: i64,
    pub(super) shipping: i64,
    pub(super) tax: i64,
    pub(super) total: i64,
    pub(super) address: String,
    pub(super) token: Option<String>,
    pub(super) brand: Option<String>,
    pub(super) last4: Option<String>,
    pub(super) payment_status: String,
    pub(super) placed_at: i64,
    pub(super) attempts: i64,
    pub(super) tracking_code: Option<String>,
    pub(super) lines: Json<Vec<LineRow>>,
    pub(super) timeline: Json<Vec<EntryRow>>,
}

/// A row of `purchase_line`.
#[derive(Deserialize)]
pub(super) struct LineRow {
    pub(super) product_id: Uuid,
    pub(super) name: String,
    pub(super) unit_price: i64,
    pub(super) quantity: i64,
}

/// A row of `timeline`.
#[derive(Deserialize)]
pub(super) struct EntryRow {
    pub(super) sequence: i64,
    pub(super) status: String,
    pub(super) at: i64,
}

impl OrderRow {
    /// What was sent with the order's key.
    pub(super) fn fingerprint(&self) -> Result<Fingerprint, Corrupt> {
        let hash = self.fingerprint.as_slice().try_into();
        hash.map(Fingerprint).map_err(|_| Corrupt("fingerprint"))
    }
}

impl TryFrom<OrderRow> for Order {
    type Error = Corrupt;

    fn try_from(row: OrderRow) -> Result<Self, Corrupt> {
        let token = row.token.map(|token| token.parse()).transpose();
        let code = row.tracking_code.map(|code| code.parse()).transpose();
        let card = row.brand.zip(row.last4);
        let lines = row.lines.0.into_iter().map(Line::try_from);
        let timeline = row.timeline.0.into_iter().map(TimelineEntry::try_from);
        Ok(Order {
            id: row.id,
            number: Number::stored(row.number),
            user_id: row.user_id,
            status: row.status.parse().map_err(|_| Corrupt("status"))?,
            saga: row.saga.parse().map_err(|_| Corrupt("saga"))?,
            reason: reason(row.reason, row.lines_at_fault)?,
            lines: lines.collect::<Result<_, _>>()?,
            totals: Totals {
                subtotal: money(row.subtotal)?,
                shipping: money(row.shipping)?,
                tax: money(row.tax)?,
                total: money(row.total)?,
            },
            address: serde_json::from_str(&row.address).map_err(|_| Corrupt("address"))?,
            payment: Payment {
                token: token.map_err(|_| Corrupt("token"))?,
                card: card.map(|(brand, last4)| Card { brand, last4 }),
                status: row
                    .payment_status
                    .parse()
                    .map_err(|_| Corrupt("payment_status"))?,
            },
            placed_at: time(row.placed_at)?,
            tracking_code: code.map_err(|_| Corrupt("tracking_code"))?,
            attempts: row.attempts.try_into().map_err(|_| Corrupt("attempts"))?,
            timeline: timeline.collect::<Result<_, _>>()?,
        })
    }
}

impl TryFrom<LineRow> for Line {
    type Error = Corrupt;

    fn try_from(row: LineRow) -> Result<Self, Corrupt> {
        let item = item(row.product_id, row.quantity)?;
        Line::new(item, row.name, money(row.unit_price)?).map_err(|_| Corrupt("unit_price"))
    }
}

impl TryFrom<EntryRow> for TimelineEntry {
    type Error = Corrupt;

    fn try_from(row: EntryRow) -> Result<Self, Corrupt> {
        Ok(Self {
            sequence: row.sequence,
            status: row.status.parse().map_err(|_| Corrupt("status"))?,
            at: time(row.at)?,
        })
    }
}

/// A row of `cart_item`.
pub(super) fn item(product_id: Uuid, quantity: i64) -> Result<Item, Corrupt> {
    Ok(Item {
        product_id,
        quantity: quantity.try_into().map_err(|_| Corrupt("quantity"))?,
    })
}

/// The products at fault, as they are stored: a JSON array.
pub(super) fn lines_at_fault(reason: Option<&Reason>) -> Option<String> {
    match reason {
        Some(Reason::OutOfStock(products)) => serde_json::to_string(products).ok(),
        Some(Reason::PaymentDeclined | Reason::Shopper) | None => None,
    }
}

fn reason(name: Option<String>, at_fault: Option<String>) -> Result<Option<Reason>, Corrupt> {
    let Some(name) = name else { return Ok(None) };
    let mut reason = name.parse().map_err(|_| Corrupt("reason"))?;
    if let (Reason::OutOfStock(products), Some(at_fault)) = (&mut reason, at_fault) {
        *products = serde_json::from_str(&at_fault).map_err(|_| Corrupt("lines_at_fault"))?;
    }
    Ok(Some(reason))
}

fn money(cents: i64) -> Result<Money, Corrupt> {
    Money::cents(cents).map_err(|_| Corrupt("amount"))
}

fn time(at: i64) -> Result<Timestamp, Corrupt> {
    Timestamp::from_millisecond(at).map_err(|_| Corrupt("time"))
}
