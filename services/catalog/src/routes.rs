//! Every operation of the catalog, grouped by who may call it.

mod add_product;
mod begin_image_upload;
mod change_product;
mod commit_reservation;
mod delete_product;
mod finish_image_upload;
mod get_image;
mod get_product;
mod get_product_v2;
mod list_categories;
mod list_facets;
mod list_products;
mod list_suggestions;
mod quote;
mod release;
mod reserve;
mod set_image;
mod set_stock;

use axum::{
    Router,
    extract::DefaultBodyLimit,
    middleware,
    routing::{post, put},
};
use kit::{identity, telemetry};
use utoipa::OpenApi;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{AppState, error, images::MAX_IMAGE};

#[derive(OpenApi)]
#[openapi(info(title = "Terrace catalog", version = "1"))]
struct Document;

#[expect(deprecated, reason = "served until their sunset")]
fn public() -> OpenApiRouter<AppState> {
    OpenApiRouter::with_openapi(Document::openapi())
        // Anybody.
        .routes(routes!(list_categories::list_categories))
        .routes(routes!(
            list_products::list_products,
            add_product::add_product
        ))
        .routes(routes!(list_facets::list_facets))
        .routes(routes!(list_suggestions::list_suggestions))
        .routes(routes!(
            get_product::get_product,
            change_product::change_product,
            delete_product::delete_product
        ))
        .routes(routes!(get_product_v2::get_product_v2))
        .routes(routes!(get_image::get_image))
        // Staff, as `add_product`, `change_product` and `delete_product` above.
        .routes(routes!(set_stock::set_stock))
        .routes(routes!(set_image::set_image))
        .routes(routes!(begin_image_upload::begin_image_upload))
        .routes(routes!(finish_image_upload::finish_image_upload))
}

fn internal() -> Router<AppState> {
    Router::new()
        .route("/internal/quotes", post(quote::quote))
        .route(
            "/internal/reservations/{order_id}",
            put(reserve::reserve).delete(release::release),
        )
        .route(
            "/internal/reservations/{order_id}/commit",
            post(commit_reservation::commit_reservation),
        )
}

/// The public operations, described.
pub fn openapi() -> utoipa::openapi::OpenApi {
    kit::http::complete(public().into_openapi(), error::KINDS)
}

/// The whole service.
pub fn app(state: AppState) -> Router {
    let only = |issuers: &'static [&'static str]| {
        middleware::from_fn_with_state(issuers, identity::only_from)
    };
    let public = public().split_for_parts().0.layer(only(&["edge"]));
    let internal = internal().layer(only(&["orders"]));
    public
        .merge(internal)
        // A little over the largest picture, so that it is refused as a picture, with the limit.
        .layer(DefaultBodyLimit::max(MAX_IMAGE + 64 * 1024))
        .layer(middleware::from_fn_with_state(
            state.trust.clone(),
            identity::require_trust,
        ))
        .layer(middleware::from_fn_with_state("catalog", telemetry::record))
        .with_state(state)
}
