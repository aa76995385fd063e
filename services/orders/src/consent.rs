//! What a shopper agreed to pay. An order that costs anything else is not placed.

use std::collections::HashMap;

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    cart::{Cart, CartItem, Quantity},
    money::Money,
};

/// What was shown when the shopper pressed the button.
#[derive(Clone, Debug)]
pub struct Consent {
    /// What the order would cost.
    pub total: Money,
    /// What one piece of a product would cost, of as many products as the caller tells.
    pub unit_prices: HashMap<Uuid, Money>,
}

/// What a cart costs now, beside what was shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PriceChange {
    /// The total that was shown.
    pub expected_total: Money,
    /// What an order would cost now.
    pub total: Money,
    /// The lines together, now.
    pub subtotal: Money,
    /// The shipping, now.
    pub shipping: Money,
    /// The tax, now.
    pub tax: Money,
    /// Every line of the cart.
    pub lines: Vec<PricedLine>,
}

/// What a line costs now, beside what was shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PricedLine {
    /// The product.
    pub product_id: Uuid,
    /// Its name.
    pub name: String,
    /// How many pieces.
    #[schema(value_type = u32, minimum = 1, maximum = 99)]
    pub quantity: Quantity,
    /// What one piece was shown to cost, where the call said so in `expected_items`.
    #[schema(required)]
    pub expected_unit_price: Option<Money>,
    /// What one piece costs now.
    pub unit_price: Money,
}

impl Consent {
    /// Whether the cart costs what was shown; if not, what has changed.
    pub fn covers(&self, cart: &Cart) -> Result<(), Box<PriceChange>> {
        let is_shown = |item: &CartItem| match self.unit_prices.get(&item.product_id) {
            Some(shown) => *shown == item.unit_price,
            None => true,
        };
        if cart.total == self.total && cart.items.iter().all(is_shown) {
            return Ok(());
        }
        let line = |item: &CartItem| PricedLine {
            product_id: item.product_id,
            name: item.name.clone(),
            quantity: item.quantity,
            expected_unit_price: self.unit_prices.get(&item.product_id).copied(),
            unit_price: item.unit_price,
        };
        Err(Box::new(PriceChange {
            expected_total: self.total,
            total: cart.total,
            subtotal: cart.subtotal,
            shipping: cart.shipping,
            tax: cart.tax,
            lines: cart.items.iter().map(line).collect(),
        }))
    }
}
