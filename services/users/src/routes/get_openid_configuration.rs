//! `GET /.well-known/openid-configuration`: what verifiers need to know of the issuer.

use axum::{Json, extract::State, response::IntoResponse};
use http::header;
use serde::Serialize;
use utoipa::ToSchema;

use crate::AppState;

/// The issuer's metadata, as far as it has the parts (RFC 8414): enough to verify its tokens. It
/// names no OAuth endpoints, because sign-in here is no OAuth flow.
#[derive(Serialize, ToSchema)]
pub(crate) struct Metadata {
    #[schema(example = "http://localhost:8080")]
    issuer: String,
    #[schema(example = "http://localhost:8080/.well-known/jwks.json")]
    jwks_uri: String,
    #[schema(example = json!(["token"]))]
    response_types_supported: Vec<&'static str>,
    #[schema(example = json!(["public"]))]
    subject_types_supported: Vec<&'static str>,
    #[schema(example = json!(["EdDSA"]))]
    id_token_signing_alg_values_supported: Vec<&'static str>,
    #[schema(example = json!(["iss", "sub", "aud", "exp"]))]
    claims_supported: Vec<&'static str>,
}

/// The issuer's metadata.
#[utoipa::path(
    get,
    path = "/.well-known/openid-configuration",
    tag = "sessions",
    responses((status = 200, description = "The metadata", body = Metadata)),
    extensions(("x-edge" = json!({ "cache": { "ttl_s": 300, "scope": "public" } }))),
)]
pub(crate) async fn get_openid_configuration(
    State(state): State<AppState>,
) -> impl IntoResponse + use<> {
    let issuer = &state.issuer.name;
    let metadata = Metadata {
        issuer: issuer.to_string(),
        jwks_uri: format!("{issuer}/.well-known/jwks.json"),
        response_types_supported: vec!["token"],
        subject_types_supported: vec!["public"],
        id_token_signing_alg_values_supported: vec!["EdDSA"],
        claims_supported: vec![
            "iss",
            "sub",
            "aud",
            "client_id",
            "groups",
            "iat",
            "exp",
            "jti",
        ],
    };
    (
        [(header::CACHE_CONTROL, "public, max-age=300")],
        Json(metadata),
    )
}
