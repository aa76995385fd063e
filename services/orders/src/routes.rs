//! Every operation of orders, grouped by who may call it.

mod cancel_order;
mod clear_cart;
mod deliver_order;
mod get_cart;
mod get_order;
mod list_all_orders;
mod list_kept;
mod list_orders;
mod place_order;
mod remove_cart_item;
mod set_cart_item;
mod ship_order;
mod stream_order_events;

use axum::{Router, middleware, routing::get};
use kit::{identity, telemetry};
use utoipa::OpenApi;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{AppState, error};

#[derive(OpenApi)]
#[openapi(info(title = "Terrace orders", version = "1"))]
struct Document;

fn public() -> OpenApiRouter<AppState> {
    OpenApiRouter::with_openapi(Document::openapi())
        // The signed-in user, about their own cart and orders; staff may read any order.
        .routes(routes!(get_cart::get_cart, clear_cart::clear_cart))
        .routes(routes!(
            set_cart_item::set_cart_item,
            remove_cart_item::remove_cart_item
        ))
        .routes(routes!(list_orders::list_orders, place_order::place_order))
        .routes(routes!(get_order::get_order))
        .routes(routes!(stream_order_events::stream_order_events))
        .routes(routes!(cancel_order::cancel_order))
        // Staff.
        .routes(routes!(ship_order::ship_order))
        .routes(routes!(deliver_order::deliver_order))
        .routes(routes!(list_all_orders::list_all_orders))
}

/// For users, who makes an archive of what is kept of a person.
fn internal() -> Router<AppState> {
    Router::new()
        .route(
            "/internal/people/{user_id}/cart",
            get(list_kept::list_kept_cart),
        )
        .route(
            "/internal/people/{user_id}/orders",
            get(list_kept::list_kept_orders),
        )
        .route(
            "/internal/people/{user_id}/payments",
            get(list_kept::list_kept_payments),
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
    let internal = internal().layer(only(&["users"]));
    public
        .merge(internal)
        .layer(middleware::from_fn_with_state(
            state.trust.clone(),
            identity::require_trust,
        ))
        .layer(middleware::from_fn_with_state("orders", telemetry::record))
        .with_state(state)
}
