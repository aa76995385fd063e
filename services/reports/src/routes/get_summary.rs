//! `GET /v1/reports/summary`: a period in figures.

use axum::{Json, extract::State};
use jiff::Timestamp;
use kit::{http::Query, identity};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    AppState, Error,
    money::Money,
    period::{Days, Period},
};

/// A period in figures, of orders that were confirmed and not cancelled since.
#[derive(Serialize, ToSchema)]
#[schema(as = SalesSummary)]
pub(crate) struct SummaryView {
    /// The first day.
    #[schema(format = Date, example = "2026-03-01")]
    from: String,
    /// The last day.
    #[schema(format = Date, example = "2026-03-30")]
    to: String,
    /// How many orders.
    #[schema(minimum = 0)]
    orders: i64,
    /// How many pieces.
    #[schema(minimum = 0)]
    units: i64,
    /// What the pieces cost, without shipping and tax.
    revenue: Money,
    /// What was paid for shipping.
    shipping: Money,
    /// What was paid as tax.
    tax: Money,
    /// What the pieces of an order cost on average.
    average: Money,
    /// How many customers bought whose accounts are still there.
    #[schema(minimum = 0)]
    customers: i64,
    /// How many of them bought before this period, too.
    #[schema(minimum = 0)]
    returning_customers: i64,
}

/// What was sold in a period, in figures.
#[utoipa::path(
    get,
    path = "/v1/reports/summary",
    tag = "reports",
    params(Days),
    responses(
        (status = 200, description = "The period in figures", body = SummaryView),
        (status = 400, description = "`bad-period` or `bad-parameter`"),
    ),
    security(("bearer" = ["staff"])),
)]
pub(crate) async fn get_summary(
    State(state): State<AppState>,
    _: identity::Staff,
    Query(days): Query<Days>,
) -> Result<Json<SummaryView>, Error> {
    let period = Period::asked(days, Timestamp::now())?;
    let summary = state.store.summary(period).await?;
    Ok(Json(SummaryView {
        from: period.from.to_string(),
        to: period.to.to_string(),
        orders: summary.orders,
        units: summary.units,
        revenue: Money::cents(summary.revenue),
        shipping: Money::cents(summary.shipping),
        tax: Money::cents(summary.tax),
        average: Money::cents(summary.revenue.checked_div(summary.orders).unwrap_or(0)),
        customers: summary.customers,
        returning_customers: summary.returning_customers,
    }))
}
