//! Money of this shop: US cents, never negative, with arithmetic that cannot wrap.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{RefOr, Schema},
};

/// The shop's currency, ISO 4217.
pub const CURRENCY: &str = "USD";

/// An amount in cents. It is read as a number of cents, as the stores keep it, and written as
/// [`MoneyView`], as callers and neighbours see it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "i64", into = "MoneyView")]
pub struct Money(i64);

/// An amount that this shop cannot count with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadMoney {
    /// Below zero.
    #[error("an amount is not below zero")]
    Negative,
    /// More than can be counted.
    #[error("the sum is too large")]
    TooLarge,
    /// Not US dollars.
    #[error("the currency is not USD")]
    Currency,
}

impl Money {
    /// So many cents.
    pub const fn cents(cents: u32) -> Self {
        Self(cents as i64)
    }

    /// In cents.
    pub fn minor(self) -> i64 {
        self.0
    }

    /// The sum of both.
    pub fn plus(self, other: Self) -> Result<Self, BadMoney> {
        let sum = self.0.checked_add(other.0);
        sum.map(Self).ok_or(BadMoney::TooLarge)
    }

    /// So many times the amount.
    pub fn times(self, count: u32) -> Result<Self, BadMoney> {
        let product = self.0.checked_mul(count.into());
        product.map(Self).ok_or(BadMoney::TooLarge)
    }

    /// So many hundredths of a per cent (800 is 8.00 %), rounded half up to the cent.
    pub fn basis_points(self, points: u32) -> Result<Self, BadMoney> {
        let exact = i128::from(self.0) * i128::from(points);
        let rounded = i64::try_from((exact + 5_000) / 10_000);
        rounded.map(Self).map_err(|_| BadMoney::TooLarge)
    }
}

impl TryFrom<i64> for Money {
    type Error = BadMoney;

    fn try_from(cents: i64) -> Result<Self, BadMoney> {
        match cents {
            0.. => Ok(Self(cents)),
            _ => Err(BadMoney::Negative),
        }
    }
}

/// Money on the wire.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = Money)]
pub struct MoneyView {
    /// In minor units, e.g. cents.
    #[serde(deserialize_with = "kit::http::integer")]
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_u64, example = 1299)]
    pub amount: i64,
    /// ISO 4217.
    #[schema(pattern = "^USD$", example = "USD")]
    pub currency: String,
}

impl From<Money> for MoneyView {
    fn from(money: Money) -> Self {
        Self {
            amount: money.0,
            currency: CURRENCY.to_owned(),
        }
    }
}

impl TryFrom<MoneyView> for Money {
    type Error = BadMoney;

    fn try_from(view: MoneyView) -> Result<Self, BadMoney> {
        match view.currency.as_str() {
            CURRENCY => view.amount.try_into(),
            _ => Err(BadMoney::Currency),
        }
    }
}

impl PartialSchema for Money {
    fn schema() -> RefOr<Schema> {
        MoneyView::schema()
    }
}

impl ToSchema for Money {
    fn name() -> Cow<'static, str> {
        MoneyView::name()
    }
}
