//! `POST /v1/providers/{name}/sign-ins`: to another provider, to sign in by it.

use axum::{
    Json,
    extract::State,
    response::{AppendHeaders, IntoResponse},
};
use http::{HeaderMap, header};
use kit::http::Path;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    AppState, Error,
    challenge::{Ceremony, LIFE_ELSEWHERE},
    provider::{Browser, Flow, Purpose},
};

/// Where the browser goes from here.
#[derive(Serialize, ToSchema)]
pub(crate) struct ProviderPage {
    /// The provider's page. It sends the browser back to `/continue` of the shop's pages, with `state` and `code`, or
    /// with `error`.
    #[schema(example = "https://id.example/auth?response_type=code&client_id=terrace")]
    location: String,
}

/// Begins a sign-in by another provider. The way there and back may take ten minutes.
#[utoipa::path(
    post,
    path = "/v1/providers/{name}/sign-ins",
    tag = "sessions",
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
    extensions(("x-edge" = json!({ "throttle": { "rate_per_s": 0.5, "burst": 20 } }))),
)]
pub(crate) async fn begin_provider_sign_in(
    State(state): State<AppState>,
    headers: HeaderMap,
    Path(name): Path<String>,
) -> Result<impl IntoResponse, Error> {
    begin(&state, &headers, &name, Purpose::SignIn).await
}

/// Sends this browser to a provider. All ways of a browser are by the same secret, so that two tabs do not disturb
/// each other.
pub(crate) async fn begin(
    state: &AppState,
    headers: &HeaderMap,
    name: &str,
    purpose: Purpose,
) -> Result<impl IntoResponse + use<>, Error> {
    let provider = state.providers.find(name).ok_or(Error::NotFound)?;
    let browser = state.cookies.received_browser(headers);
    let browser = browser.unwrap_or_else(Browser::generate);
    let now = state.clock.now();
    let flow = Flow::begin(provider, purpose, &browser, now);
    let sealed = state.challenges.issue(Ceremony::Provider, &flow, now);
    let location = provider.location(&flow, &browser, &sealed).await?;
    let cookie = state
        .cookies
        .browser(headers, browser.secret(), LIFE_ELSEWHERE.as_secs());
    let set_cookie = AppendHeaders([(header::SET_COOKIE, cookie)]);
    Ok((set_cookie, Json(ProviderPage { location })))
}
