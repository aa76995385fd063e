//! `GET /v1/reports/outcomes`: what became of the orders of a period.

use axum::{Json, extract::State};
use jiff::Timestamp;
use kit::{http::Query, identity};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    AppState, Error,
    money::Money,
    period::{Days, Period},
    store::Outcome,
};

/// What became of the orders that were placed in a period and are decided.
#[derive(Serialize, ToSchema)]
#[schema(as = Outcomes)]
pub(crate) struct OutcomesView {
    /// How many they are.
    #[schema(minimum = 0)]
    orders: i64,
    /// How many of them were not cancelled.
    #[schema(minimum = 0)]
    kept: i64,
    /// The part that was not cancelled, 0 to 1; null where there are none.
    #[schema(required, minimum = 0, maximum = 1, example = 0.92)]
    conversion: Option<f64>,
    /// Each status, and of cancelled orders each reason.
    items: Vec<OutcomeView>,
}

/// How many orders stand where.
#[derive(Serialize, ToSchema)]
#[schema(as = Outcome)]
pub(crate) struct OutcomeView {
    /// `confirmed`, `shipped`, `delivered` or `cancelled`.
    #[schema(example = "cancelled")]
    status: String,
    /// Why they were cancelled: `payment-declined`, `out-of-stock` or `shopper`; null for others.
    #[schema(required, example = "payment-declined")]
    reason: Option<String>,
    /// How many orders.
    #[schema(minimum = 1)]
    orders: i64,
    /// What they come to.
    total: Money,
}

/// What became of the orders of a period: where they stand, and why some were cancelled.
#[utoipa::path(
    get,
    path = "/v1/reports/outcomes",
    tag = "reports",
    params(Days),
    responses(
        (status = 200, description = "What became of them", body = OutcomesView),
        (status = 400, description = "`bad-period` or `bad-parameter`"),
    ),
    security(("bearer" = ["staff"])),
)]
pub(crate) async fn list_outcomes(
    State(state): State<AppState>,
    _: identity::Staff,
    Query(days): Query<Days>,
) -> Result<Json<OutcomesView>, Error> {
    let period = Period::asked(days, Timestamp::now())?;
    let outcomes = state.store.outcomes(period).await?;
    let orders: i64 = outcomes.iter().map(|it| it.orders).sum();
    let cancelled = outcomes.iter().filter(|it| it.status == "cancelled");
    let kept = orders - cancelled.map(|it| it.orders).sum::<i64>();
    Ok(Json(OutcomesView {
        orders,
        kept,
        conversion: (orders > 0).then(|| kept as f64 / orders as f64),
        items: outcomes.into_iter().map(OutcomeView::from).collect(),
    }))
}

impl From<Outcome> for OutcomeView {
    fn from(outcome: Outcome) -> Self {
        Self {
            status: outcome.status,
            reason: outcome.reason,
            orders: outcome.orders,
            total: Money::cents(outcome.total),
        }
    }
}
