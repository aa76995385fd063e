//! `GET /v1/reports/sales`: what was sold, by day, week, category or product.

use axum::{Json, extract::State};
use jiff::{Timestamp, civil::Date};
use kit::{
    http::{Cursor, Limit, List, Query},
    identity,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{
    AppState, Error,
    money::Money,
    period::{Days, Period},
    store::{By, Page, Sales},
};

/// Which sales.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListSales {
    /// What they are summed by.
    #[param(inline)]
    by: By,
    /// The first day, e.g. `2026-03-01`; unless told, 29 days before the last one.
    #[param(value_type = Option<String>, format = Date)]
    from: Option<Date>,
    /// The last day; today unless told. A period has 366 days at most.
    #[param(value_type = Option<String>, format = Date)]
    to: Option<Date>,
    /// `next_cursor` of the page before.
    #[param(value_type = Option<String>)]
    cursor: Option<Cursor>,
    /// How many, 24 unless told.
    #[serde(default)]
    #[param(value_type = Option<u32>, minimum = 1, maximum = 100)]
    limit: Limit,
}

/// What was sold on a day, in a week, of a category or of a product.
#[derive(Serialize, ToSchema)]
#[schema(as = Sales)]
pub(crate) struct SalesView {
    /// The day, the ISO week, the category or the product.
    #[schema(example = "2026-W09")]
    id: String,
    /// Its name.
    #[schema(example = "2026-W09")]
    name: String,
    /// In how many orders.
    #[schema(minimum = 0)]
    orders: i64,
    /// How many pieces.
    #[schema(minimum = 0)]
    units: i64,
    /// What they cost, without shipping and tax.
    revenue: Money,
}

/// What was sold, of orders that were confirmed and not cancelled since. Days and weeks come in their order, and those
/// without sales not at all; of categories and products those that sold most come first.
#[utoipa::path(
    get,
    path = "/v1/reports/sales",
    tag = "reports",
    params(ListSales),
    responses(
        (status = 200, description = "A page of sales", body = List<SalesView>),
        (status = 400, description = "`bad-period`, `bad-parameter` or `bad-cursor`"),
    ),
    security(("bearer" = ["staff"])),
)]
pub(crate) async fn list_sales(
    State(state): State<AppState>,
    _: identity::Staff,
    Query(asked): Query<ListSales>,
) -> Result<Json<List<SalesView>>, Error> {
    let days = Days {
        from: asked.from,
        to: asked.to,
    };
    let period = Period::asked(days, Timestamp::now())?;
    // Sums have no key that stays as they grow: a page begins where the one before has ended.
    let offset = asked.cursor.map(|cursor| cursor.decode::<u32>());
    let offset = offset.transpose()?.unwrap_or(0);
    let limit = asked.limit;
    let page = Page {
        offset,
        limit: limit.get() + 1,
    };
    let sales = state.store.sales(asked.by, period, page).await?;
    let next = offset.saturating_add(limit.get());
    let sales = List::from_rows(sales, limit, |_| next);
    Ok(Json(sales.map(SalesView::from)))
}

impl From<Sales> for SalesView {
    fn from(sales: Sales) -> Self {
        Self {
            id: sales.id,
            name: sales.name,
            orders: sales.orders,
            units: sales.units,
            revenue: Money::cents(sales.revenue),
        }
    }
}
