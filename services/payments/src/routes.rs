//! Every operation of payments. All are for the neighbour `orders`; the edge cannot reach them.

mod authorise;
mod change;
mod get_payment;
mod list_ledger;
mod list_payments;

use axum::{
    Router, middleware,
    routing::{get, post},
};
use kit::{identity, telemetry};

use crate::AppState;

/// The whole service.
pub fn app(state: AppState) -> Router {
    let only_orders: &'static [&'static str] = &["orders"];
    Router::new()
        .route(
            "/internal/payments/{order_id}",
            get(get_payment::get_payment).put(authorise::authorise),
        )
        .route(
            "/internal/payments/{order_id}/capture",
            post(change::capture),
        )
        .route("/internal/payments/{order_id}/void", post(change::void))
        .route("/internal/payments/{order_id}/refund", post(change::refund))
        .route(
            "/internal/payments/list",
            post(list_payments::list_payments),
        )
        .route("/internal/ledger", get(list_ledger::list_ledger))
        .layer(middleware::from_fn_with_state(
            only_orders,
            identity::only_from,
        ))
        .layer(middleware::from_fn_with_state(
            state.trust.clone(),
            identity::require_trust,
        ))
        .layer(middleware::from_fn_with_state(
            "payments",
            telemetry::record,
        ))
        .with_state(state)
}
