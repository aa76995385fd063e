//! A cart: quantities of products, and what they come to at the catalog's prices.

use std::collections::HashMap;

use uuid::Uuid;

use crate::money::{BadMoney, Money};

/// How many different products a cart may hold.
pub const MAX_ITEMS: usize = 100;

/// Shipping costs this much...
const SHIPPING: i64 = 595;
/// ...and nothing from this subtotal on.
const FREE_SHIPPING_FROM: i64 = 7_500;
/// The tax on the subtotal: 8.00 %.
const TAX_BASIS_POINTS: u32 = 800;

/// How many pieces of one product: 1 to 99.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Item {
    /// The product.
    pub product_id: Uuid,
    /// How many.
    pub quantity: Quantity,
}

/// Whether both hold the same, in whatever order.
pub fn same_basket(one: &[Item], other: &[Item]) -> bool {
    let sorted = |items: &[Item]| {
        let mut items = items.to_vec();
        items.sort_unstable();
        items
    };
    sorted(one) == sorted(other)
}

/// An item at its price.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// What, and how many.
    pub item: Item,
    /// The product's name when it was priced.
    pub name: String,
    /// What one piece costs.
    pub unit_price: Money,
    /// What all pieces cost.
    pub line_total: Money,
}

impl Line {
    /// `item` at `unit_price`.
    pub fn new(item: Item, name: String, unit_price: Money) -> Result<Self, BadMoney> {
        Ok(Self {
            item,
            name,
            unit_price,
            line_total: unit_price.times(item.quantity.get())?,
        })
    }
}

/// What a basket comes to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// The lines together.
    pub subtotal: Money,
    /// 5.95 flat; free from a subtotal of 75.00, and for nothing.
    pub shipping: Money,
    /// 8.00 % of the subtotal, rounded half up; shipping is untaxed.
    pub tax: Money,
    /// What the shopper pays.
    pub total: Money,
}

impl Totals {
    /// The rule of this shop.
    pub fn of(lines: &[Line]) -> Result<Self, BadMoney> {
        let mut subtotal = Money::ZERO;
        for line in lines {
            subtotal = subtotal.plus(line.line_total)?;
        }
        let shipping = if lines.is_empty() || subtotal.minor() >= FREE_SHIPPING_FROM {
            Money::ZERO
        } else {
            Money::cents(SHIPPING)?
        };
        let tax = subtotal.basis_points(TAX_BASIS_POINTS)?;
        Ok(Self {
            subtotal,
            shipping,
            tax,
            total: subtotal.plus(shipping)?.plus(tax)?,
        })
    }
}

/// What the catalog says of a product today.
#[derive(Clone, Debug)]
pub struct Quote {
    /// The product.
    pub product_id: Uuid,
    /// Its name.
    pub name: String,
    /// What one piece costs.
    pub unit_price: Money,
    /// How many pieces there are.
    pub stock: i64,
}

/// A cart at today's prices.
#[derive(Clone, Debug)]
pub struct PricedCart {
    /// The lines, each with whether the shop has so many pieces now.
    pub lines: Vec<(Line, bool)>,
    /// Products that the catalog does not know (any more).
    pub unknown: Vec<Uuid>,
    /// What the lines come to.
    pub totals: Totals,
}

impl PricedCart {
    /// Prices `items` by the catalog's `quotes`.
    pub fn new(items: &[Item], quotes: Vec<Quote>) -> Result<Self, BadMoney> {
        let mut quotes: HashMap<Uuid, Quote> = quotes
            .into_iter()
            .map(|quote| (quote.product_id, quote))
            .collect();
        let (mut lines, mut unknown) = (Vec::new(), Vec::new());
        for item in items {
            let Some(quote) = quotes.remove(&item.product_id) else {
                unknown.push(item.product_id);
                continue;
            };
            let available = quote.stock >= i64::from(item.quantity.get());
            lines.push((Line::new(*item, quote.name, quote.unit_price)?, available));
        }
        let bare: Vec<Line> = lines.iter().map(|(line, _)| line.clone()).collect();
        Ok(Self {
            totals: Totals::of(&bare)?,
            lines,
            unknown,
        })
    }

    /// The products that cannot be had as asked for.
    pub fn missing(&self) -> Vec<Uuid> {
        let short = self.lines.iter().filter(|(_, available)| !available);
        let short = short.map(|(line, _)| line.item.product_id);
        short.chain(self.unknown.iter().copied()).collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn line(cents: i64, pieces: i64) -> Line {
        let item = Item {
            product_id: Uuid::now_v7(),
            quantity: pieces.try_into().unwrap(),
        };
        Line::new(item, "Trowel".into(), Money::cents(cents).unwrap()).unwrap()
    }

    fn totals(lines: &[Line]) -> [i64; 4] {
        let totals = Totals::of(lines).unwrap();
        [totals.subtotal, totals.shipping, totals.tax, totals.total].map(Money::minor)
    }

    #[test]
    fn an_empty_cart_costs_nothing() {
        assert_eq!(totals(&[]), [0, 0, 0, 0]);
    }

    #[test]
    fn shipping_is_flat_below_75_dollars_and_free_from_there_on() {
        assert_eq!(totals(&[line(7_499, 1)]), [7_499, 595, 600, 8_694]);
        assert_eq!(totals(&[line(2_500, 3)]), [7_500, 0, 600, 8_100]);
    }

    #[test]
    fn tax_is_rounded_half_up() {
        // 8 % of 0.06 is 0.0048, of 0.07 is 0.0056; 8 % of 18.75 is exactly 1.50.
        assert_eq!(totals(&[line(6, 1)])[2], 0);
        assert_eq!(totals(&[line(7, 1)])[2], 1);
        assert_eq!(totals(&[line(1_875, 1)])[2], 150);
    }

    proptest! {
        #[test]
        fn the_total_is_the_sum_of_its_parts(
            parts in prop::collection::vec((0..1_000_000_i64, 1..=99_i64), 0..20),
        ) {
            let lines: Vec<Line> = parts.iter().map(|(cents, pieces)| line(*cents, *pieces)).collect();

            let [subtotal, shipping, tax, total] = totals(&lines);

            prop_assert_eq!(subtotal, parts.iter().map(|(cents, pieces)| cents * pieces).sum::<i64>());
            prop_assert_eq!(total, subtotal + shipping + tax);
            prop_assert_eq!(tax, (subtotal * 8 + 50) / 100);
            prop_assert!(shipping == 0 || (shipping == 595 && subtotal < 7_500 && !lines.is_empty()));
        }

        #[test]
        fn the_order_of_a_basket_does_not_matter(pieces in prop::collection::vec(1..=99_i64, 0..8)) {
            let basket: Vec<Item> = pieces.iter().map(|pieces| line(1, *pieces).item).collect();
            let mut other = basket.clone();
            other.reverse();

            prop_assert!(same_basket(&basket, &other));
        }
    }
}
