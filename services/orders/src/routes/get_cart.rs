//! `GET /v1/cart`: the cart at today's prices.

use axum::{Json, extract::State};
use kit::identity;

use crate::{AppState, Error, routes::views::CartView};

/// The signed-in user's cart.
#[utoipa::path(
    get,
    path = "/v1/cart",
    tag = "cart",
    responses((status = 200, description = "The cart", body = CartView)),
    security(("bearer" = [])),
)]
pub(crate) async fn get_cart(
    State(state): State<AppState>,
    user: identity::User,
) -> Result<Json<CartView>, Error> {
    let items = state.store.cart(user.id).await?;
    Ok(Json(state.neighbours.catalog.price(&items).await?.into()))
}
