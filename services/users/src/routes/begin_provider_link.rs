//! `POST /v1/me/providers/{name}/links`: to another provider, to link what one is there.

use axum::{extract::State, response::IntoResponse};
use http::HeaderMap;
use kit::http::Path;

use crate::{
    AppState, Error,
    fresh::Fresh,
    provider::Purpose,
    routes::begin_provider_sign_in::{ProviderPage, begin},
};

/// Begins to link an identity at another provider to the signed-in user's account. Asks for a fresh proof of who calls.
#[utoipa::path(
    post,
    path = "/v1/me/providers/{name}/links",
    tag = "me",
    params(
        ("name" = String, Path, pattern = "^[a-z0-9_-]{1,32}$",
            description = "The provider's name", example = "example"),
        ("terrace_browser" = Option<String>, Cookie, description = "Of an earlier way; named as \
            `terrace_refresh` is"),
    ),
    responses(
        (status = 200, description = "Where to go", body = ProviderPage),
        (status = 401, description = "`step-up-required`"),
        (status = 502, description = "`provider-failed`"),
    ),
    security(("bearer" = [])),
    extensions(("x-edge" = json!({ "throttle": { "rate_per_s": 0.5, "burst": 20 } }))),
)]
pub(crate) async fn begin_provider_link(
    State(state): State<AppState>,
    Fresh(caller): Fresh,
    headers: HeaderMap,
    Path(name): Path<String>,
) -> Result<impl IntoResponse, Error> {
    begin(&state, &headers, &name, Purpose::Link(caller.id)).await
}
