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
    /// What one piece costs.
    pub unit_price: MoneyView,
    /// How many pieces there are.
    pub stock: i64,
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
    pub name: String,
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn item(pieces: i64) -> Item {
        Item {
            product_id: Uuid::now_v7(),
            quantity: pieces.try_into().unwrap(),
        }
    }

    /// What so many pieces at so many cents each come to.
    fn totals(parts: &[(u32, i64)]) -> [i64; 4] {
        let items: Vec<Item> = parts.iter().map(|(_, pieces)| item(*pieces)).collect();
        let quotes = items.iter().zip(parts).map(|(item, (cents, _))| Quote {
            product_id: item.product_id,
            name: "Trowel".into(),
            unit_price: Money::cents(*cents).into(),
            stock: 99,
        });
        let cart = Cart::new(&items, quotes.collect()).unwrap();
        [cart.subtotal, cart.shipping, cart.tax, cart.total].map(Money::minor)
    }

    #[test]
    fn an_empty_cart_costs_nothing() {
        assert_eq!(totals(&[]), [0, 0, 0, 0]);
    }

    #[test]
    fn shipping_is_flat_below_75_dollars_and_free_from_there_on() {
        assert_eq!(totals(&[(7_499, 1)]), [7_499, 595, 600, 8_694]);
        assert_eq!(totals(&[(2_500, 3)]), [7_500, 0, 600, 8_100]);
    }

    #[test]
    fn tax_is_rounded_half_up() {
        // 8 % of 0.06 is 0.0048, of 0.07 is 0.0056; 8 % of 18.75 is exactly 1.50.
        assert_eq!(totals(&[(6, 1)])[2], 0);
        assert_eq!(totals(&[(7, 1)])[2], 1);
        assert_eq!(totals(&[(1_875, 1)])[2], 150);
    }

    proptest! {
        #[test]
        fn the_total_is_the_sum_of_its_parts(
            parts in prop::collection::vec((0..1_000_000_u32, 1..=99_i64), 0..20),
        ) {
            let [subtotal, shipping, tax, total] = totals(&parts);

            let sum: i64 = parts.iter().map(|(cents, pieces)| i64::from(*cents) * pieces).sum();
            prop_assert_eq!(subtotal, sum);
            prop_assert_eq!(total, subtotal + shipping + tax);
            prop_assert_eq!(tax, (subtotal * 8 + 50) / 100);
            prop_assert!(shipping == 0 || (shipping == 595 && subtotal < 7_500 && !parts.is_empty()));
        }

        #[test]
        fn the_order_of_a_basket_does_not_matter(pieces in prop::collection::vec(1..=99_i64, 0..8)) {
            let basket: Vec<Item> = pieces.iter().map(|pieces| item(*pieces)).collect();
            let mut other = basket.clone();
            other.reverse();

            prop_assert!(same_basket(&basket, &other));
        }
    }
}
