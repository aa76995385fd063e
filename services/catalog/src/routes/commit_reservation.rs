//! `POST /internal/reservations/{order_id}/commit`: what was set aside is sold.

use axum::extract::State;
use http::StatusCode;
use kit::http::Path;
use uuid::Uuid;

use crate::{AppState, Error};

/// Sells what was set aside; repeatable. 404 without a reservation, 409 `out-of-stock` when it
/// has lapsed and the stock is gone, 409 `wrong-state` after a release.
pub(crate) async fn commit_reservation(
    State(state): State<AppState>,
    Path(order_id): Path<Uuid>,
) -> Result<StatusCode, Error> {
    state.store.commit(order_id).await?;
    Ok(StatusCode::NO_CONTENT)
}
