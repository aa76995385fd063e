//! Every operation of users, grouped by who may call it.

mod add_address;
mod add_passkey;
mod ask_address_proof;
mod ask_password_reset;
mod begin_passkey;
mod begin_passkey_proof;
mod begin_provider_link;
mod begin_provider_proof;
mod begin_provider_sign_in;
mod begin_totp;
mod change_email;
mod change_me;
mod change_password;
mod confirm_sign_up;
mod confirm_totp;
mod delete_address;
mod delete_me;
mod delete_passkey;
mod delete_totp;
mod elsewhere;
mod end_other_sessions;
mod end_session;
mod end_sessions;
mod export_me;
mod find_people;
mod finish_sign_in;
mod get_jwks;
mod get_me;
mod get_openid_configuration;
mod get_person;
mod get_user_address;
mod give_group;
mod link_provider;
mod list_addresses;
mod list_audit;
mod list_my_providers;
mod list_providers;
mod list_second_factors;
mod list_sessions;
mod prove_address;
mod refresh_session;
mod rename_passkey;
mod replace_address;
mod replace_recovery_codes;
mod reset_password;
mod reset_password_by_code;
mod reset_second_factors;
mod sign_in;
mod sign_in_with_passkey;
mod sign_in_with_provider;
mod sign_out;
mod sign_up;
mod step_up;
mod take_group;
mod unlink_provider;
mod why;

use axum::{Router, middleware};
use kit::{identity, telemetry};
use utoipa::OpenApi;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{AppState, error};

#[derive(OpenApi)]
#[openapi(info(title = "Terrace users", version = "1"))]
struct Document;

/// Accounts of our own, and how they are entered. A directory elsewhere does that instead, if there is one.
fn accounts() -> OpenApiRouter<AppState> {
    OpenApiRouter::with_openapi(Document::openapi())
        // Anybody.
        .routes(routes!(sign_up::sign_up))
        .routes(routes!(sign_in::sign_in))
        .routes(routes!(finish_sign_in::finish_sign_in))
        .routes(routes!(begin_passkey_proof::begin_passkey_proof))
        .routes(routes!(sign_in_with_passkey::sign_in_with_passkey))
        .routes(routes!(begin_provider_sign_in::begin_provider_sign_in))
        .routes(routes!(sign_in_with_provider::sign_in_with_provider))
        .routes(routes!(refresh_session::refresh_session))
        .routes(routes!(sign_out::sign_out))
        .routes(routes!(ask_password_reset::ask_password_reset))
        .routes(routes!(reset_password::reset_password))
        .routes(routes!(prove_address::prove_address))
        // The signed-in user, about themself.
        .routes(routes!(step_up::step_up))
        .routes(routes!(change_me::change_me, delete_me::delete_me))
        .routes(routes!(ask_address_proof::ask_address_proof))
        .routes(routes!(change_email::change_email))
        .routes(routes!(change_password::change_password))
        .routes(routes!(
            list_sessions::list_sessions,
            end_other_sessions::end_other_sessions
        ))
        .routes(routes!(end_session::end_session))
        .routes(routes!(list_second_factors::list_second_factors))
        .routes(routes!(
            begin_totp::begin_totp,
            confirm_totp::confirm_totp,
            delete_totp::delete_totp
        ))
        .routes(routes!(replace_recovery_codes::replace_recovery_codes))
        .routes(routes!(begin_passkey::begin_passkey))
        .routes(routes!(add_passkey::add_passkey))
        .routes(routes!(
            rename_passkey::rename_passkey,
            delete_passkey::delete_passkey
        ))
        .routes(routes!(list_my_providers::list_my_providers))
        .routes(routes!(begin_provider_link::begin_provider_link))
        .routes(routes!(begin_provider_proof::begin_provider_proof))
        .routes(routes!(
            link_provider::link_provider,
            unlink_provider::unlink_provider
        ))
        // Managers.
        .routes(routes!(reset_second_factors::reset_second_factors))
}

/// What is the same wherever people are kept.
fn public() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        // Anybody.
        .routes(routes!(confirm_sign_up::confirm_sign_up))
        .routes(routes!(reset_password_by_code::reset_password_by_code))
        .routes(routes!(list_providers::list_providers))
        .routes(routes!(get_jwks::get_jwks))
        .routes(routes!(get_openid_configuration::get_openid_configuration))
        // The signed-in user, about themself.
        .routes(routes!(get_me::get_me))
        .routes(routes!(export_me::export_me))
        .routes(routes!(
            list_addresses::list_addresses,
            add_address::add_address
        ))
        .routes(routes!(
            replace_address::replace_address,
            delete_address::delete_address
        ))
        // Managers.
        .routes(routes!(find_people::find_people))
        .routes(routes!(get_person::get_person))
        .routes(routes!(give_group::give_group, take_group::take_group))
        .routes(routes!(end_sessions::end_sessions))
        .routes(routes!(list_audit::list_audit))
}

/// Counts how a sign-in, or a part of it, ended.
pub(crate) fn count(outcome: &'static str) {
    metrics::counter!("users_sign_ins_total", "outcome" => outcome).increment(1);
}

fn internal() -> Router<AppState> {
    Router::new().route(
        "/internal/users/{user_id}/addresses/{id}",
        axum::routing::get(get_user_address::get_user_address),
    )
}

/// The public operations, described.
pub fn openapi() -> utoipa::openapi::OpenApi {
    kit::http::complete(accounts().merge(public()).into_openapi(), error::KINDS)
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
