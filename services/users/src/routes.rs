//! Every operation of users, grouped by who may call it.

mod add_address;
mod ask_address_proof;
mod ask_password_reset;
mod change_me;
mod confirm_sign_up;
mod delete_address;
mod elsewhere;
mod get_jwks;
mod get_me;
mod get_openid_configuration;
mod get_user_address;
mod list_addresses;
mod prove_address;
mod refresh_session;
mod replace_address;
mod reset_password;
mod sign_in;
mod sign_out;
mod sign_up;

use axum::{Router, middleware};
use kit::{identity, telemetry};
use utoipa::OpenApi;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::AppState;

#[derive(OpenApi)]
#[openapi(info(title = "Terrace users", version = "1"))]
struct Document;

/// What a directory elsewhere does instead, if there is one.
fn accounts() -> OpenApiRouter<AppState> {
    OpenApiRouter::with_openapi(Document::openapi())
        .routes(routes!(sign_up::sign_up))
        .routes(routes!(sign_in::sign_in))
        .routes(routes!(refresh_session::refresh_session))
        .routes(routes!(sign_out::sign_out))
        .routes(routes!(change_me::change_me))
        .routes(routes!(ask_password_reset::ask_password_reset))
        .routes(routes!(reset_password::reset_password))
        .routes(routes!(prove_address::prove_address))
        .routes(routes!(ask_address_proof::ask_address_proof))
}

fn public() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        // Anybody.
        .routes(routes!(confirm_sign_up::confirm_sign_up))
        .routes(routes!(get_jwks::get_jwks))
        .routes(routes!(get_openid_configuration::get_openid_configuration))
        // The signed-in user, about themself.
        .routes(routes!(get_me::get_me))
        .routes(routes!(
            list_addresses::list_addresses,
            add_address::add_address
        ))
        .routes(routes!(
            replace_address::replace_address,
            delete_address::delete_address
        ))
}

fn internal() -> Router<AppState> {
    Router::new().route(
        "/internal/users/{user_id}/addresses/{id}",
        axum::routing::get(get_user_address::get_user_address),
    )
}

/// The public operations, described.
pub fn openapi() -> utoipa::openapi::OpenApi {
    kit::http::complete(accounts().merge(public()).into_openapi())
}

/// The whole service.
pub fn app(state: AppState) -> Router {
    let only = |issuers: &'static [&'static str]| {
        middleware::from_fn_with_state(issuers, identity::only_from)
    };
    let accounts = match state.directory {
        Some(_) => elsewhere::routes(),
        None => accounts().into(),
    };
    let public = accounts.merge(Router::from(public()));
    let public = public.layer(only(&["edge"]));
    let internal = internal().layer(only(&["orders"]));
    public
        .merge(internal)
        .layer(middleware::from_fn_with_state(
            state.trust.clone(),
            identity::require_trust,
        ))
        .layer(middleware::from_fn_with_state("users", telemetry::record))
        .with_state(state)
}
