//! `POST /v1/orders/{id}/deliver`: the parcel has arrived.

use axum::{Json, extract::State};
use kit::{http::Path, identity};
use uuid::Uuid;

use crate::{AppState, Error, order::Order};

/// Marks a shipped order as delivered.
#[utoipa::path(
    post,
    path = "/v1/orders/{id}/deliver",
    tag = "orders",
    params(("id" = Uuid, Path, description = "The order's id")),
    responses(
        (status = 200, description = "The delivered order", body = Order),
        (status = 404, description = "`not-found`"),
        (status = 409, description = "`wrong-state`: not shipped"),
    ),
    security(("bearer" = ["staff"])),
)]
pub(crate) async fn deliver_order(
    State(state): State<AppState>,
    _: identity::Staff,
    Path(id): Path<Uuid>,
) -> Result<Json<Order>, Error> {
    let order = state.driver.change(id, Order::deliver).await?;
    Ok(Json(order))
}
