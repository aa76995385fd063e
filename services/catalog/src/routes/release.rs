//! `DELETE /internal/reservations/{order_id}`: the stock comes back.

use axum::extract::State;
use http::StatusCode;
use kit::http::Path;
use uuid::Uuid;

use crate::{AppState, Error};

/// Gives everything back, set aside or sold; repeatable. An order that has no reservation will
/// get none, so that a reserve that comes late cannot keep stock from others.
pub(crate) async fn release(
    State(state): State<AppState>,
    Path(order_id): Path<Uuid>,
) -> Result<StatusCode, Error> {
    state.store.release(order_id).await?;
    Ok(StatusCode::NO_CONTENT)
}
