//! A cart: quantities of products, and what they come to at the catalog's prices.

use std::collections::{BTreeSet, HashMap};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::money::{BadMoney, Money, MoneyView};

/// How many different products a cart may hold.
pub const MAX_ITEMS: usize = 100;

/// Shipping costs this much...
const SHIPPING: Money = Money::cents(595);
/// ...and nothing from this subtotal on.
const FREE_SHIPPING_FROM: Money = Money::cents(7_500);
/// The tax on the subtotal: 8.00 %.
const TAX_BASIS_POINTS: u32 = 800;

/// How many pieces of one product: 1 to 99.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "i64")]
pub struct Quantity(u32);

impl Quantity {
    /// The number of pieces.
    pub fn get(self) -> u32 {
        self.0
    }
}

impl TryFrom<i64> for Quantity {
    type Error = &'static str;

    fn try_from(pieces: i64) -> Result<Self, Self::Error> {
        match u32::try_from(pieces) {
            Ok(pieces @ 1..=99) => Ok(Self(pieces)),
            Ok(_) | Err(_) => Err("is 1 to 99"),
        }
    }
}

/// A product and how many pieces of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Item {
    /// The product.
    pub product_id: Uuid,
    /// How many.
    pub quantity: Quantity,
}

/// Whether both hold the same, in whatever order. Neither has a product twice.
pub fn same_basket(one: &[Item], other: &[Item]) -> bool {
    let basket = |items: &[Item]| items.iter().copied().collect::<BTreeSet<_>>();
    basket(one) == basket(other)
}

/// What the catalog says of a product today.
#[derive(Clone, Debug, Deserialize)]
pub struct Quote {
    /// The product.
    pub product_id: Uuid,
    /// Its name.
    pub name: String,
    /// Its category, for who counts sales; none from a catalog of an earlier release.
    #[serde(default)]
    pub category: Option<String>,
    /// What one piece costs.
    pub unit_price: MoneyView,
    /// How many pieces there are.
    pub stock: i64,
    /// Whether it is sold no longer.
    #[serde(default)]
    pub is_retired: bool,
}

/// A cart.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub struct Cart {
    /// What is in it, in the order in which it was added.
    pub items: Vec<CartItem>,
    /// The items together.
    pub subtotal: Money,
    /// 5.95 flat; free from a subtotal of 75.00.
    pub shipping: Money,
    /// 8.00 % of the subtotal.
    pub tax: Money,
    /// What an order would cost now.
    pub total: Money,
    /// Products that the catalog does not know (any more).
    #[serde(skip)]
    pub unknown: Vec<Uuid>,
}

/// A product in the cart.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CartItem {
    /// The product.
    pub product_id: Uuid,
    /// Its name.
    #[schema(example = "Swiss cheese plant")]
    pub name: String,
    /// Its category.
    #[serde(skip)]
    pub category: Option<String>,
    /// What one piece costs now.
    pub unit_price: Money,
    /// How many pieces.
    #[schema(value_type = u32, minimum = 1, maximum = 99)]
    pub quantity: Quantity,
    /// What all pieces cost.
    pub line_total: Money,
    /// Whether the shop has so many pieces now.
    pub available: bool,
}

impl Cart {
    /// Prices `items` by the catalog's `quotes`. Tax is rounded half up; shipping is untaxed, and
    /// nothing is shipped for nothing.
    pub fn new(items: &[Item], quotes: Vec<Quote>) -> Result<Self, BadMoney> {
        let quotes = quotes.into_iter().map(|quote| (quote.product_id, quote));
        let mut quotes: HashMap<Uuid, Quote> = quotes.collect();
        let mut cart = Self::default();
        for item in items {
            let (product_id, quantity) = (item.product_id, item.quantity);
            let Some(quote) = quotes.remove(&product_id) else {
                cart.unknown.push(product_id);
                continue;
            };
            let unit_price = Money::try_from(quote.unit_price)?;
            let line_total = unit_price.times(quantity.get())?;
            cart.subtotal = cart.subtotal.plus(line_total)?;
            cart.items.push(CartItem {
                product_id,
                name: quote.name,
                category: quote.category,
                unit_price,
                quantity,
                line_total,
                available: quote.stock >= quantity.get().into(),
            });
        }
        if !cart.items.is_empty() && cart.subtotal < FREE_SHIPPING_FROM {
            cart.shipping = SHIPPING;
        }
        cart.tax = cart.subtotal.basis_points(TAX_BASIS_POINTS)?;
        cart.total = cart.subtotal.plus(cart.shipping)?.plus(cart.tax)?;
        Ok(cart)
    }

    /// The products that cannot be had as asked for.
    pub fn missing(&self) -> Vec<Uuid> {
        let short = self.items.iter().filter(|item| !item.available);
        let short = short.map(|item| item.product_id);
        short.chain(self.unknown.iter().copied()).collect()
    }
}
