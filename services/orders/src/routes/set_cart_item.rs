//! `PUT /v1/cart/items/{product_id}`: so many pieces of a product.

use axum::{Json, extract::State};
use kit::{
    http::{Faults, Parse, Path, ValidJson},
    identity,
};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    AppState, Error,
    cart::{Cart, Item, Quantity},
    money::Money,
};

/// How many pieces.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SetCartItem {
    /// How many pieces.
    #[serde(deserialize_with = "kit::http::integer")]
    #[schema(minimum = 1, maximum = 99, example = 2)]
    quantity: i64,
}

/// Puts a product into the cart, or changes how many pieces of it are there; at most 100 products.
#[utoipa::path(
    put,
    path = "/v1/cart/items/{product_id}",
    tag = "cart",
    params(("product_id" = Uuid, Path, description = "The product's id")),
    request_body = SetCartItem,
    responses(
        (status = 200, description = "The cart", body = Cart),
        (status = 403, description = "`account-deleted`"),
        (status = 404, description = "`not-found`: no such product, or one that is sold no longer"),
        (status = 409, description = "`cart-full`"),
    ),
    security(("bearer" = [])),
    extensions(("x-edge" = json!({ "retry": true }))),
)]
pub(crate) async fn set_cart_item(
    State(state): State<AppState>,
    user: identity::User,
    Path(product_id): Path<Uuid>,
    ValidJson(quantity): ValidJson<SetCartItem>,
) -> Result<Json<Cart>, Error> {
    let catalog = &state.neighbours.catalog;
    let quote = catalog.quote(&[product_id]).await?.pop();
    let quote = quote.filter(|quote| !quote.is_retired);
    // A price that a cart cannot count with must not get into one.
    Money::try_from(quote.ok_or(Error::NotFound)?.unit_price)?;
    let item = Item {
        product_id,
        quantity,
    };
    state.store.set_item(user.id, item).await?;
    let items = state.store.cart(user.id).await?;
    Ok(Json(catalog.price(&items).await?))
}

impl Parse for SetCartItem {
    type Valid = Quantity;

    fn parse(self, faults: &mut Faults) -> Option<Quantity> {
        faults.field("/quantity", self.quantity.try_into())
    }
}
