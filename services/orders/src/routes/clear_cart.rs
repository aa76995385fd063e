//! `DELETE /v1/cart`.

use axum::extract::State;
use http::StatusCode;
use kit::identity;

use crate::{AppState, Error};

/// Empties the cart; repeatable.
#[utoipa::path(
    delete,
    path = "/v1/cart",
    tag = "cart",
    responses((status = 204, description = "The cart is empty")),
    security(("bearer" = [])),
    extensions(("x-edge" = json!({ "retry": true }))),
)]
pub(crate) async fn clear_cart(
    State(state): State<AppState>,
    user: identity::User,
) -> Result<StatusCode, Error> {
    state.store.clear_cart(user.id).await?;
    Ok(StatusCode::NO_CONTENT)
}
