//! `GET /v1/cart`: the cart at today's prices.

use axum::{Json, extract::State};
use kit::identity;

use crate::{AppState, Error, cart::Cart};

/// The signed-in user's cart.
#[utoipa::path(
    get,
    path = "/v1/cart",
    tag = "cart",
    responses((status = 200, description = "The cart", body = Cart)),
    security(("bearer" = [])),
)]
pub(crate) async fn get_cart(
    State(state): State<AppState>,
    user: identity::User,
) -> Result<Json<Cart>, Error> {
    let items = state.store.cart(user.id).await?;
    Ok(Json(state.neighbours.catalog.price(&items).await?))
}
