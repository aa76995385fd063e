//! `POST /v1/me/providers/{name}/proofs`: to another provider, to prove there once more who one is.

use axum::{extract::State, response::IntoResponse};
use http::HeaderMap;
use kit::{http::Path, identity};

use crate::{
    AppState, Error,
    provider::Purpose,
    routes::begin_provider_sign_in::{ProviderPage, begin},
};

/// Begins a fresh proof of who the signed-in user is, by another provider, which asks for the password there.
/// `POST /v1/sessions/current/step-up` finishes it.
#[utoipa::path(
    post,
    path = "/v1/me/providers/{name}/proofs",
    tag = "me",
    params(
        ("name" = String, Path, pattern = "^[a-z0-9_-]{1,32}$",
            description = "The provider's name", example = "example"),
        ("terrace_browser" = Option<String>, Cookie, description = "Of an earlier way; named as \
            `terrace_refresh` is"),
    ),
    responses(
        (status = 200, description = "Where to go", body = ProviderPage),
        (status = 502, description = "`provider-failed`"),
    ),
    security(("bearer" = [])),
    extensions(("x-edge" = json!({ "throttle": { "rate_per_s": 0.5, "burst": 20 } }))),
)]
pub(crate) async fn begin_provider_proof(
    State(state): State<AppState>,
    caller: identity::User,
    headers: HeaderMap,
    Path(name): Path<String>,
) -> Result<impl IntoResponse, Error> {
    begin(&state, &headers, &name, Purpose::Proof(caller.id)).await
}
