//! `GET /v1/admin/orders`: everybody's orders, for staff.

use axum::{Json, extract::State, response::IntoResponse, response::Response};
use kit::{
    http::{Cursor, Limit, List, Query},
    identity,
};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::{AppState, Error, order::Status, routes::get_order::OrderView};

/// Which orders.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListAllOrders {
    /// Only orders that stand here.
    status: Option<Status>,
    /// `next_cursor` of the page before.
    #[param(value_type = Option<String>)]
    cursor: Option<Cursor>,
    /// How many, 24 unless told.
    #[serde(default)]
    #[param(value_type = Option<u32>, minimum = 1, maximum = 100)]
    limit: Limit,
}

/// All orders, newest first.
#[utoipa::path(
    get,
    path = "/v1/admin/orders",
    tag = "orders",
    params(ListAllOrders),
    responses((status = 200, description = "A page of orders", body = List<OrderView>)),
    security(("bearer" = ["staff"])),
)]
pub(crate) async fn list_all_orders(
    State(state): State<AppState>,
    _: identity::Staff,
    Query(page): Query<ListAllOrders>,
) -> Result<Json<List<OrderView>>, Response> {
    let before = page.cursor.map(|cursor| cursor.decode()).transpose();
    let before = before.map_err(IntoResponse::into_response)?;
    let rows = state
        .store
        .list(None, page.status, before, page.limit.get() + 1)
        .await
        .map_err(Error::into_response)?;
    let list = List::from_rows(rows, page.limit, |order| order.id);
    Ok(Json(list.map(OrderView::from)))
}
