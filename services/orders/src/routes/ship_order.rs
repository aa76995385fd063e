//! `POST /v1/orders/{id}/ship`: the parcel leaves.

use std::time::Duration;

use axum::{Json, extract::State};
use kit::{http::Path, identity};
use uuid::Uuid;

use crate::{AppState, Error, order::Status, routes::get_order::OrderView};

/// How long to wait for a payment that is being taken just now.
const SETTLING: Duration = Duration::from_secs(2);

/// Marks a confirmed order as shipped. Of a shipping and a cancelling that race, one wins.
#[utoipa::path(
    post,
    path = "/v1/orders/{id}/ship",
    tag = "orders",
    params(("id" = Uuid, Path, description = "The order's id")),
    responses(
        (status = 200, description = "The shipped order", body = OrderView),
        (status = 404, description = "`not-found`"),
        (status = 409, description = "`wrong-state`: not confirmed, or its payment is still being taken"),
    ),
    security(("bearer" = ["staff"])),
)]
pub(crate) async fn ship_order(
    State(state): State<AppState>,
    _: identity::Staff,
    Path(id): Path<Uuid>,
) -> Result<Json<OrderView>, Error> {
    let mut listener = state.hub.listen();
    let deadline = tokio::time::Instant::now() + SETTLING;
    loop {
        let shipped = state
            .store
            .change_status(id, Status::Confirmed, Status::Shipped)
            .await;
        match shipped {
            // A parcel must not leave before its stock is sold and its money taken.
            Err(Error::Settling) => {
                let changed = listener.changed(id);
                let changed = tokio::time::timeout_at(deadline, changed).await;
                changed.map_err(|_| Error::Settling)?;
            }
            shipped => {
                let order = shipped?;
                state.driver.announce(id);
                return Ok(Json(order.into()));
            }
        }
    }
}
