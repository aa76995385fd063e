//! `GET /v1/cart`: the cart at today's prices.

use axum::{Json, extract::State};
use kit::identity;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    AppState, Error,
    cart::{Item, Line, PricedCart},
    money::MoneyView,
};

/// A cart.
#[derive(Serialize, ToSchema)]
#[schema(as = Cart)]
pub(crate) struct CartView {
    /// What is in it, in the order in which it was added.
    items: Vec<CartItemView>,
    /// The items together.
    subtotal: MoneyView,
    /// 5.95 flat; free from a subtotal of 75.00.
    shipping: MoneyView,
    /// 8.00 % of the subtotal.
    tax: MoneyView,
    /// What an order would cost now.
    total: MoneyView,
}

/// A product in the cart.
#[derive(Serialize, ToSchema)]
#[schema(as = CartItem)]
struct CartItemView {
    /// The product.
    product_id: Uuid,
    /// Its name.
    name: String,
    /// What one piece costs now.
    unit_price: MoneyView,
    /// How many pieces.
    #[schema(minimum = 1, maximum = 99)]
    quantity: u32,
    /// What all pieces cost.
    line_total: MoneyView,
    /// Whether the shop has so many pieces now.
    available: bool,
}

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
    Ok(Json(price(&state, &items).await?.into()))
}

/// Prices items in one call to the catalog; none for an empty cart.
pub(super) async fn price(state: &AppState, items: &[Item]) -> Result<PricedCart, Error> {
    let products: Vec<Uuid> = items.iter().map(|item| item.product_id).collect();
    let quotes = match products.as_slice() {
        [] => Vec::new(),
        products => state.catalog.quote(products).await?,
    };
    Ok(PricedCart::new(items, quotes)?)
}

impl From<PricedCart> for CartView {
    fn from(cart: PricedCart) -> Self {
        let item = |(line, available): (Line, bool)| CartItemView {
            product_id: line.item.product_id,
            name: line.name,
            unit_price: line.unit_price.into(),
            quantity: line.item.quantity.get(),
            line_total: line.line_total.into(),
            available,
        };
        Self {
            items: cart.lines.into_iter().map(item).collect(),
            subtotal: cart.totals.subtotal.into(),
            shipping: cart.totals.shipping.into(),
            tax: cart.totals.tax.into(),
            total: cart.totals.total.into(),
        }
    }
}
