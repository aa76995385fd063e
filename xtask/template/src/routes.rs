//! Every operation of nursery.

mod add_seedling;
mod get_seedling;
mod list_seedlings;
mod remove_seedling;

use axum::{Router, middleware};
use kit::{identity, telemetry};
use utoipa::OpenApi;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::AppState;

#[derive(OpenApi)]
#[openapi(info(title = "Terrace nursery", version = "1"))]
struct Document;

fn public() -> OpenApiRouter<AppState> {
    OpenApiRouter::with_openapi(Document::openapi())
        // For everybody.
        .routes(routes!(list_seedlings::list_seedlings))
        .routes(routes!(get_seedling::get_seedling))
        // For the staff.
        .routes(routes!(add_seedling::add_seedling))
        .routes(routes!(remove_seedling::remove_seedling))
}

/// The public operations, described.
pub fn openapi() -> utoipa::openapi::OpenApi {
    kit::http::complete(public().into_openapi(), &[])
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
        .layer(middleware::from_fn_with_state("nursery", telemetry::record))
        .with_state(state)
}
