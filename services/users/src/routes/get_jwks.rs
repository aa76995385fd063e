//! `GET /.well-known/jwks.json`: the keys that verify access tokens.

use axum::{Json, extract::State, response::IntoResponse};
use http::header;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{AppState, issuer::Jwk};

/// A key set (RFC 7517 §5).
#[derive(Serialize, ToSchema)]
pub(crate) struct Jwks {
    keys: Vec<Jwk>,
}

/// The issuer's public keys.
#[utoipa::path(
    get,
    path = "/.well-known/jwks.json",
    tag = "sessions",
    responses((status = 200, description = "The keys", body = Jwks)),
    extensions(("x-edge" = json!({ "cache": { "ttl_s": 300, "scope": "public" } }))),
)]
pub(crate) async fn get_jwks(State(state): State<AppState>) -> impl IntoResponse + use<> {
    let keys = vec![Jwk::clone(&state.issuer.jwk)];
    (
        [(header::CACHE_CONTROL, "public, max-age=300")],
        Json(Jwks { keys }),
    )
}
