//! `POST /v1/orders/{id}/cancel`: the shopper does not want it after all.

use axum::{Json, extract::State};
use kit::{http::Path, identity};
use uuid::Uuid;

use crate::{AppState, Error, order::Order};

/// Cancels one's own order while it is not shipped. The status is `cancelled` at once and for
/// good; the goods and the money go back then, usually before this answers, and whatever happens
/// in the end: watch `payment.status`.
#[utoipa::path(
    post,
    path = "/v1/orders/{id}/cancel",
    tag = "orders",
    params(("id" = Uuid, Path, description = "The order's id")),
    responses(
        (status = 200, description = "The cancelled order", body = Order),
        (status = 404, description = "`not-found`"),
        (status = 409, description = "`wrong-state`: shipped, delivered or cancelled"),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn cancel_order(
    State(state): State<AppState>,
    user: identity::User,
    Path(id): Path<Uuid>,
) -> Result<Json<Order>, Error> {
    let driven = state.driver.cancel(user.id, id).await?;
    let order = state.driver.outcome(driven, state.checkout_wait).await?;
    Ok(Json(order))
}
