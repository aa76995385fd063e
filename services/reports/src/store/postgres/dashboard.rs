//! Dashboards, from PostgreSQL.

use async_trait::async_trait;
use sqlx::query_file;

use super::PostgresStore;
use crate::{
    Error,
    period::Period,
    store::{By, Dashboard, Outcome, Page, Sales, Summary},
};

/// What was sold, by the statement in this file.
macro_rules! sales {
    ($file:literal, $store:expr, $period:expr, $page:expr) => {{
        let sales = query_file!(
            $file,
            $period.from.to_string(),
            $period.to.to_string(),
            i64::from($page.limit),
            i64::from($page.offset)
        );
        let rows = sales.fetch_all(&mut *$store.db.get().await?).await?;
        let sales = rows.into_iter().map(|row| Sales {
            id: row.id,
            name: row.name,
            orders: row.orders.unwrap_or_default(),
            units: row.units.unwrap_or_default(),
            revenue: row.revenue.unwrap_or_default(),
        });
        Ok(sales.collect())
    }};
}

#[async_trait]
impl Dashboard for PostgresStore {
    async fn sales(&self, by: By, period: Period, page: Page) -> Result<Vec<Sales>, Error> {
        match by {
            By::Day => sales!("queries/sales_by_day.sql", self, period, page),
            By::Week => sales!("queries/sales_by_week.sql", self, period, page),
            By::Category => sales!("queries/sales_by_category.sql", self, period, page),
            By::Product => sales!("queries/sales_by_product.sql", self, period, page),
        }
    }

    async fn outcomes(&self, period: Period) -> Result<Vec<Outcome>, Error> {
        let outcomes = query_file!(
            "queries/outcomes.sql",
            period.from.to_string(),
            period.to.to_string()
        );
        let rows = outcomes.fetch_all(&mut *self.db.get().await?).await?;
        let outcomes = rows.into_iter().map(|row| Outcome {
            status: row.status,
            reason: row.reason,
            orders: row.orders.unwrap_or_default(),
            total: row.total.unwrap_or_default(),
        });
        Ok(outcomes.collect())
    }

    async fn summary(&self, period: Period) -> Result<Summary, Error> {
        let summary = query_file!(
            "queries/summary.sql",
            period.from.to_string(),
            period.to.to_string()
        );
        let row = summary.fetch_one(&mut *self.db.get().await?).await?;
        Ok(Summary {
            orders: row.orders.unwrap_or_default(),
            units: row.units.unwrap_or_default(),
            revenue: row.revenue.unwrap_or_default(),
            shipping: row.shipping.unwrap_or_default(),
            tax: row.tax.unwrap_or_default(),
            customers: row.customers.unwrap_or_default(),
            returning_customers: row.returning_customers.unwrap_or_default(),
        })
    }
}
