//! `GET /v1/admin/orders`: everybody's orders, for staff.

use axum::{Json, extract::State};
use kit::{
    http::{List, Query},
    identity,
};

use crate::{AppState, Error, order::Order, routes::list_orders::ListOrders};

/// All orders, newest first.
#[utoipa::path(
    get,
    path = "/v1/admin/orders",
    tag = "orders",
    params(ListOrders),
    responses((status = 200, description = "A page of orders", body = List<Order>)),
    security(("bearer" = ["staff"])),
)]
pub(crate) async fn list_all_orders(
    State(state): State<AppState>,
    _: identity::Staff,
    Query(page): Query<ListOrders>,
) -> Result<Json<List<Order>>, Error> {
    page.of(&state, None).await
}
