//! What money does in sums.

use orders::money::{BadMoney, Money, MoneyView};
use proptest::prelude::*;

fn money(cents: i64) -> Money {
    cents.try_into().unwrap()
}

proptest! {
    #[test]
    fn a_rate_is_rounded_half_up_to_the_nearest_cent(cents in 0..10_000_000_000_i64, points in 0..=10_000_u32) {
        let rounded = money(cents).basis_points(points).unwrap().minor();

        let twice_exact = 2 * i128::from(cents) * i128::from(points);
        let twice_error = 2 * i128::from(rounded) * 10_000 - twice_exact;
        prop_assert!(twice_error > -10_000 && twice_error <= 10_000);
    }

    #[test]
    fn arithmetic_is_exact_or_refused(a in 0..=i64::MAX, b in 0..=i64::MAX, count: u32) {
        let sum = i128::from(a) + i128::from(b);
        let product = i128::from(a) * i128::from(count);

        prop_assert_eq!(money(a).plus(money(b)).ok().map(|m| m.minor()), i64::try_from(sum).ok());
        prop_assert_eq!(money(a).times(count).ok().map(|m| m.minor()), i64::try_from(product).ok());
    }
}

#[test]
fn a_negative_amount_and_a_foreign_currency_are_refused() {
    let foreign = MoneyView {
        amount: 1,
        currency: "EUR".to_owned(),
    };

    assert_eq!(Money::try_from(-1), Err(BadMoney::Negative));
    assert_eq!(Money::try_from(foreign), Err(BadMoney::Currency));
}
