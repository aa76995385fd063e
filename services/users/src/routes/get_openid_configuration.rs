//! `GET /.well-known/openid-configuration`: what verifiers need to know of the issuer.

use axum::{Json, extract::State};
use serde::Serialize;
use utoipa::ToSchema;

use crate::AppState;

/// The issuer's metadata, as far as it has the parts (RFC 8414).
#[derive(Serialize, ToSchema)]
pub(crate) struct Metadata {
    issuer: String,
    jwks_uri: String,
    token_endpoint: String,
    response_types_supported: Vec<&'static str>,
    subject_types_supported: Vec<&'static str>,
    id_token_signing_alg_values_supported: Vec<&'static str>,
    claims_supported: Vec<&'static str>,
}

/// The issuer's metadata.
#[utoipa::path(
    get,
    path = "/.well-known/openid-configuration",
    tag = "sessions",
    responses((status = 200, description = "The metadata", body = Metadata)),
)]
pub(crate) async fn get_openid_configuration(State(state): State<AppState>) -> Json<Metadata> {
    let issuer = &state.issuer.name;
    Json(Metadata {
        issuer: issuer.to_string(),
        jwks_uri: format!("{issuer}/.well-known/jwks.json"),
        token_endpoint: format!("{issuer}/v1/sessions"),
        response_types_supported: vec!["token"],
        subject_types_supported: vec!["public"],
        id_token_signing_alg_values_supported: vec!["EdDSA"],
        claims_supported: vec!["sub", "groups", "client_id"],
    })
}
