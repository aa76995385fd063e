//! Every operation of reports. All are for the staff, but for one that anybody may call.

mod get_summary;
mod list_outcomes;
mod list_queries;
mod list_sales;
mod record_clicks;
pub(crate) mod run_query;

use axum::{Router, middleware};
use kit::{identity, telemetry};
use utoipa::OpenApi;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{AppState, error};

#[derive(OpenApi)]
#[openapi(info(title = "Terrace reports", version = "1"))]
struct Document;

fn public() -> OpenApiRouter<AppState> {
    OpenApiRouter::with_openapi(Document::openapi())
        .routes(routes!(get_summary::get_summary))
        .routes(routes!(list_sales::list_sales))
        .routes(routes!(list_outcomes::list_outcomes))
        .routes(routes!(run_query::run_query, list_queries::list_queries))
        .routes(routes!(record_clicks::record_clicks))
}

/// The public operations, described.
pub fn openapi() -> utoipa::openapi::OpenApi {
    kit::http::complete(public().into_openapi(), error::KINDS)
}

/// The whole service.
pub fn app(state: AppState) -> Router {
    let only_edge: &'static [&'static str] = &["edge"];
    let public = public().split_for_parts().0;
    public
        .layer(middleware::from_fn_with_state(
            only_edge,
            identity::only_from,
        ))
        .layer(middleware::from_fn_with_state(
            state.trust.clone(),
            identity::require_trust,
        ))
        .layer(middleware::from_fn_with_state("reports", telemetry::record))
        .with_state(state)
}
