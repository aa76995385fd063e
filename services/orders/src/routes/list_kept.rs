//! `GET /internal/people/{user_id}/cart`, `…/orders`, `…/payments`: what is kept of a person, page by page, for the
//! archive that users makes of it.

use axum::{Json, extract::State};
use kit::http::{List, Path, Query};
use serde_json::Value;
use uuid::Uuid;

use crate::{AppState, Error, cart::Item, order::Order, routes::list_orders::ListOrders};

/// What a person means to buy, in one page.
pub(crate) async fn list_kept_cart(
    State(state): State<AppState>,
    Path(user_id): Path<Uuid>,
) -> Result<Json<List<Item>>, Error> {
    Ok(Json(List::whole(state.store.cart(user_id).await?)))
}

/// A person's orders, as the person sees them.
pub(crate) async fn list_kept_orders(
    State(state): State<AppState>,
    Path(user_id): Path<Uuid>,
    Query(page): Query<ListOrders>,
) -> Result<Json<List<Order>>, Error> {
    page.of(&state, Some(user_id)).await
}

/// What payments keeps of a person's orders: it knows orders, and no people.
pub(crate) async fn list_kept_payments(
    State(state): State<AppState>,
    Path(user_id): Path<Uuid>,
    Query(page): Query<ListOrders>,
) -> Result<Json<List<Value>>, Error> {
    let Json(orders) = page.of(&state, Some(user_id)).await?;
    let ids: Vec<Uuid> = orders.items.iter().map(|order| order.id).collect();
    let items = match &ids[..] {
        [] => Vec::new(),
        ids => state.neighbours.payments.list(ids).await?,
    };
    Ok(Json(List {
        items,
        next_cursor: orders.next_cursor,
    }))
}
