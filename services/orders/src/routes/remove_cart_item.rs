//! `DELETE /v1/cart/items/{product_id}`.

use axum::extract::State;
use http::StatusCode;
use kit::{http::Path, identity};
use uuid::Uuid;

use crate::{AppState, Error};

/// Takes a product out of the cart; repeatable.
#[utoipa::path(
    delete,
    path = "/v1/cart/items/{product_id}",
    tag = "cart",
    params(("product_id" = Uuid, Path, description = "The product's id")),
    responses((status = 204, description = "The product is not in the cart")),
    security(("bearer" = [])),
    extensions(("x-edge" = json!({ "retry": true }))),
)]
pub(crate) async fn remove_cart_item(
    State(state): State<AppState>,
    user: identity::User,
    Path(product_id): Path<Uuid>,
) -> Result<StatusCode, Error> {
    state.store.remove_item(user.id, product_id).await?;
    Ok(StatusCode::NO_CONTENT)
}
