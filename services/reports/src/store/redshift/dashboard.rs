//! Dashboards, from Redshift: the statements that PostgreSQL answers too.

use std::fmt::Display;

use async_trait::async_trait;
use sqlx::{AssertSqlSafe, Row, postgres::PgRow, raw_sql};
use tokio::time::timeout;

use super::{ANSWER, RedshiftStore, with_values};
use crate::{
    Error,
    period::Period,
    store::{By, Dashboard, Outcome, Page, Sales, Summary},
};

#[async_trait]
impl Dashboard for RedshiftStore {
    async fn sales(&self, by: By, period: Period, page: Page) -> Result<Vec<Sales>, Error> {
        let [from, to] = days(period);
        let values: [&(dyn Display + Sync); 4] = [&from, &to, &page.limit, &page.offset];
        let rows = self.ask(by.sql(), &values).await?;
        let sales = rows.into_iter().map(|row| {
            Ok(Sales {
                id: row.try_get("id")?,
                name: row.try_get("name")?,
                orders: row.try_get("orders")?,
                units: row.try_get("units")?,
                revenue: row.try_get("revenue")?,
            })
        });
        sales.collect()
    }

    async fn outcomes(&self, period: Period) -> Result<Vec<Outcome>, Error> {
        let [from, to] = days(period);
        let sql = include_str!("../../../queries/outcomes.sql");
        let rows = self.ask(sql, &[&from, &to]).await?;
        let outcomes = rows.into_iter().map(|row| {
            Ok(Outcome {
                status: row.try_get("status")?,
                reason: row.try_get("reason")?,
                orders: row.try_get("orders")?,
                total: row.try_get("total")?,
            })
        });
        outcomes.collect()
    }

    async fn summary(&self, period: Period) -> Result<Summary, Error> {
        let [from, to] = days(period);
        let sql = include_str!("../../../queries/summary.sql");
        let rows = self.ask(sql, &[&from, &to]).await?;
        let row = rows.first().ok_or(sqlx::Error::RowNotFound)?;
        Ok(Summary {
            orders: row.try_get("orders")?,
            units: row.try_get("units")?,
            revenue: row.try_get("revenue")?,
            shipping: row.try_get("shipping")?,
            tax: row.try_get("tax")?,
            customers: row.try_get("customers")?,
            returning_customers: row.try_get("returning_customers")?,
        })
    }
}

impl RedshiftStore {
    async fn ask(&self, sql: &str, values: &[&(dyn Display + Sync)]) -> Result<Vec<PgRow>, Error> {
        let answer = timeout(ANSWER, async {
            let mut db = self.connect().await?;
            let sql = AssertSqlSafe(with_values(sql, values));
            Ok(raw_sql(sql).fetch_all(&mut db).await?)
        });
        answer
            .await
            .unwrap_or_else(|late| Err(Error::Unavailable(late.into())))
    }
}

/// The first and the last day, as text of SQL.
fn days(period: Period) -> [String; 2] {
    [period.from, period.to].map(|day| format!("'{day}'"))
}
