//! What dashboards ask. Each is one statement, in `queries/`, in the SQL that SQLite, PostgreSQL and Redshift share.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{Error, period::Period};

/// What sales are summed by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = SalesBy)]
pub enum By {
    /// The day on which an order was placed, the first day first.
    Day,
    /// The ISO week, the first week first.
    Week,
    /// The category, what sold most first.
    Category,
    /// The product, what sold most first.
    Product,
}

impl By {
    /// The query, which takes the first and the last day, how many rows and after how many.
    pub(super) fn sql(self) -> &'static str {
        match self {
            Self::Day => include_str!("../../queries/sales_by_day.sql"),
            Self::Week => include_str!("../../queries/sales_by_week.sql"),
            Self::Category => include_str!("../../queries/sales_by_category.sql"),
            Self::Product => include_str!("../../queries/sales_by_product.sql"),
        }
    }
}

/// A part of a list.
#[derive(Clone, Copy, Debug)]
pub struct Page {
    /// How many come before it.
    pub offset: u32,
    /// How many it has.
    pub limit: u32,
}

/// What was sold: of orders that were confirmed and not cancelled since.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sales {
    /// The day, the week, the category or the product.
    pub id: String,
    /// Its name.
    pub name: String,
    /// In how many orders.
    pub orders: i64,
    /// How many pieces.
    pub units: i64,
    /// What they cost, without shipping and tax, in minor units.
    pub revenue: i64,
}

/// What became of orders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Where they stand.
    pub status: String,
    /// Why, of cancelled ones.
    pub reason: Option<String>,
    /// How many.
    pub orders: i64,
    /// What they come to, in minor units.
    pub total: i64,
}

/// A period in figures, of orders that were confirmed and not cancelled since; money in minor units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// How many orders.
    pub orders: i64,
    /// How many pieces.
    pub units: i64,
    /// What they cost, without shipping and tax.
    pub revenue: i64,
    /// What was paid for shipping.
    pub shipping: i64,
    /// What was paid as tax.
    pub tax: i64,
    /// How many customers.
    pub customers: i64,
    /// How many of them bought before this period.
    pub returning_customers: i64,
}

/// What dashboards ask.
#[async_trait]
pub trait Dashboard: Send + Sync {
    /// What was sold in a period.
    async fn sales(&self, by: By, period: Period, page: Page) -> Result<Vec<Sales>, Error>;

    /// What became of the orders that were placed in a period.
    async fn outcomes(&self, period: Period) -> Result<Vec<Outcome>, Error>;

    /// A period in figures.
    async fn summary(&self, period: Period) -> Result<Summary, Error>;
}
