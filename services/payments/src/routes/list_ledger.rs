//! `GET /internal/ledger`: the money that moved, order by order, for whoever reconciles it
//! with the card network's books. No service of the shop calls it.

use axum::{Json, extract::State};
use kit::http::{Cursor, Limit, List, Query};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{AppState, Error, payment::Moved};

/// Which page.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Page {
    cursor: Option<Cursor>,
    #[serde(default)]
    limit: Limit,
}

/// What was taken for an order and given back, in minor units.
#[derive(Serialize)]
pub(crate) struct MovedView {
    order_id: Uuid,
    currency: String,
    captured: i64,
    refunded: i64,
}

/// Orders for which nothing was taken are not listed.
pub(crate) async fn list_ledger(
    State(state): State<AppState>,
    Query(page): Query<Page>,
) -> Result<Json<List<MovedView>>, Error> {
    let after = page.cursor.map(|cursor| cursor.decode()).transpose()?;
    let rows = state.store.ledger(after, page.limit.get() + 1).await?;
    let list = List::from_rows(rows, page.limit, |last| last.order_id);
    Ok(Json(list.map(MovedView::from)))
}

impl From<Moved> for MovedView {
    fn from(moved: Moved) -> Self {
        Self {
            order_id: moved.order_id,
            currency: moved.currency,
            captured: moved.captured,
            refunded: moved.refunded,
        }
    }
}
