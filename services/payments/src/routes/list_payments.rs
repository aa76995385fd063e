//! `POST /internal/payments/list`: what is kept of some orders' payments, for the people whose orders they are.
//! Payments knows orders, and no people.

use axum::{Json, extract::State};
use jiff::Timestamp;
use kit::http::{Faults, List, Parse, ValidJson};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    AppState, Error,
    payment::{Entry, Record},
};

/// How many orders may be asked for at once: a page of them.
const MAX_ORDERS: usize = 100;

/// Of which orders.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ListPayments {
    order_ids: Vec<Uuid>,
}

/// A payment as its payer may see it: all of the row but the card's token, and the money that moved. Of the
/// card orders tell.
#[derive(Serialize)]
pub(crate) struct RecordView {
    order_id: Uuid,
    status: &'static str,
    amount: i64,
    currency: String,
    /// How often the card network was asked.
    asked: u32,
    #[serde(serialize_with = "kit::http::milliseconds")]
    updated_at: Timestamp,
    ledger: Vec<EntryView>,
}

#[derive(Serialize)]
struct EntryView {
    kind: String,
    amount: i64,
    currency: String,
    #[serde(serialize_with = "kit::http::milliseconds")]
    at: Timestamp,
}

/// Orders without a payment are not listed.
pub(crate) async fn list_payments(
    State(state): State<AppState>,
    ValidJson(order_ids): ValidJson<ListPayments>,
) -> Result<Json<List<RecordView>>, Error> {
    let records = state.store.records(&order_ids).await?;
    let records = records.into_iter().map(RecordView::from).collect();
    Ok(Json(List::whole(records)))
}

impl Parse for ListPayments {
    type Valid = Vec<Uuid>;

    fn parse(self, faults: &mut Faults) -> Option<Vec<Uuid>> {
        let few = match self.order_ids.len() {
            0..=MAX_ORDERS => Ok(self.order_ids),
            _ => Err("has at most 100 ids"),
        };
        faults.field("/order_ids", few)
    }
}

impl From<Record> for RecordView {
    fn from(record: Record) -> Self {
        let payment = record.payment;
        Self {
            order_id: payment.order_id,
            status: payment.state.name(),
            amount: payment.amount.minor(),
            currency: payment.amount.currency().to_owned(),
            asked: payment.asked,
            updated_at: record.updated_at,
            ledger: record.ledger.into_iter().map(EntryView::from).collect(),
        }
    }
}

impl From<Entry> for EntryView {
    fn from(entry: Entry) -> Self {
        Self {
            kind: entry.kind,
            amount: entry.amount,
            currency: entry.currency,
            at: entry.at,
        }
    }
}
