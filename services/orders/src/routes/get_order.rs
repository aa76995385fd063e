//! `GET /v1/orders/{id}`: one order.

use axum::{Json, extract::State};
use kit::{http::Path, identity};
use uuid::Uuid;

use crate::{AppState, Error, order::Order};

/// One's own order; staff may read any.
#[utoipa::path(
    get,
    path = "/v1/orders/{id}",
    tag = "orders",
    params(("id" = Uuid, Path, description = "The order's id")),
    responses(
        (status = 200, description = "The order", body = Order),
        (status = 404, description = "`not-found`"),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn get_order(
    State(state): State<AppState>,
    user: identity::User,
    Path(id): Path<Uuid>,
) -> Result<Json<Order>, Error> {
    Ok(Json(readable(&state, &user, id).await?))
}

/// The order, if this user may read it.
pub(super) async fn readable(
    state: &AppState,
    user: &identity::User,
    id: Uuid,
) -> Result<Order, Error> {
    let order = state.store.find(id).await?.ok_or(Error::NotFound)?;
    match user.is_staff {
        true => Ok(order),
        false => order.of(user.id),
    }
}
