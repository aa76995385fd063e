//! `GET /v1/orders`: one's own orders.

use axum::{Json, extract::State, response::IntoResponse, response::Response};
use kit::{
    http::{Cursor, Limit, List, Query},
    identity,
};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::{AppState, Error, routes::get_order::OrderView};

/// Which page.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListOrders {
    /// `next_cursor` of the page before.
    #[param(value_type = Option<String>)]
    cursor: Option<Cursor>,
    /// How many, 24 unless told.
    #[serde(default)]
    #[param(value_type = Option<u32>, minimum = 1, maximum = 100)]
    limit: Limit,
}

/// The signed-in user's orders, newest first.
#[utoipa::path(
    get,
    path = "/v1/orders",
    tag = "orders",
    params(ListOrders),
    responses((status = 200, description = "A page of orders", body = List<OrderView>)),
    security(("bearer" = [])),
)]
pub(crate) async fn list_orders(
    State(state): State<AppState>,
    user: identity::User,
    Query(page): Query<ListOrders>,
) -> Result<Json<List<OrderView>>, Response> {
    let before = page.cursor.map(|cursor| cursor.decode()).transpose();
    let before = before.map_err(IntoResponse::into_response)?;
    let rows = state
        .store
        .list(Some(user.id), None, before, page.limit.get() + 1)
        .await
        .map_err(Error::into_response)?;
    let list = List::from_rows(rows, page.limit, |order| order.id);
    Ok(Json(list.map(OrderView::from)))
}
