//! What a cart comes to.

use orders::{
    cart::{Cart, Item, Quote, same_basket},
    money::Money,
};
use proptest::prelude::*;
use uuid::Uuid;

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
        category: Some("tools".into()),
        unit_price: Money::cents(*cents).into(),
        stock: 99,
        is_retired: false,
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
