//! Dashboards, from SQLite.

use async_trait::async_trait;

use super::SqliteStore;
use crate::{
    Error,
    period::Period,
    store::{By, Dashboard, Outcome, Page, Sales, Summary},
};

#[async_trait]
impl Dashboard for SqliteStore {
    async fn sales(&self, by: By, period: Period, page: Page) -> Result<Vec<Sales>, Error> {
        let (from, to) = days(period);
        self.db.read(|db| {
            let mut rows = db.prepare_cached(by.sql())?;
            let rows = rows.query_map((from, to, page.limit, page.offset), |row| {
                Ok(Sales {
                    id: row.get(0)?,
                    name: row.get(1)?,
                    orders: row.get(2)?,
                    units: row.get(3)?,
                    revenue: row.get(4)?,
                })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    async fn outcomes(&self, period: Period) -> Result<Vec<Outcome>, Error> {
        self.db.read(|db| {
            let mut rows = db.prepare_cached(include_str!("../../../queries/outcomes.sql"))?;
            let rows = rows.query_map(days(period), |row| {
                Ok(Outcome {
                    status: row.get(0)?,
                    reason: row.get(1)?,
                    orders: row.get(2)?,
                    total: row.get(3)?,
                })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    async fn summary(&self, period: Period) -> Result<Summary, Error> {
        self.db.read(|db| {
            let mut row = db.prepare_cached(include_str!("../../../queries/summary.sql"))?;
            let summary = row.query_row(days(period), |row| {
                Ok(Summary {
                    orders: row.get(0)?,
                    units: row.get(1)?,
                    revenue: row.get(2)?,
                    shipping: row.get(3)?,
                    tax: row.get(4)?,
                    customers: row.get(5)?,
                    returning_customers: row.get(6)?,
                })
            });
            Ok(summary?)
        })
    }
}

fn days(period: Period) -> (String, String) {
    (period.from.to_string(), period.to.to_string())
}
