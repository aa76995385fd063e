//! `POST /v1/sessions/refresh`: a new access token for the cookie, and a new cookie.

use axum::{
    extract::State,
    response::{AppendHeaders, IntoResponse, Response},
};
use http::{HeaderMap, header};

use crate::{
    AppState, Error,
    routes::sign_in::{Tokens, answer, cookie, received},
    session::RefreshToken,
    store::Rotation,
};

/// Rotates the session: the old cookie works no more, and its reuse ends the session. Tabs that
/// share a cookie take turns.
#[utoipa::path(
    post,
    path = "/v1/sessions/refresh",
    tag = "sessions",
    params(("terrace_refresh" = Option<String>, Cookie, description = "The refresh token")),
    responses(
        (status = 200, description = "The tokens", body = Tokens),
        (status = 401, description = "`session-ended`"),
    ),
    extensions(("x-edge" = json!({ "throttle": { "rate_per_s": 2, "burst": 60 } }))),
)]
pub(crate) async fn refresh_session(
    State(state): State<AppState>,
    headers: HeaderMap,
) -> Result<Response, Error> {
    let new = RefreshToken::generate();
    let rotation = match received(&headers) {
        Some(old) => state.store.rotate_session(&old.hash(), &new.hash()).await?,
        None => Rotation::Unknown,
    };
    match rotation {
        Rotation::Rotated(user) => Ok(answer(&state, &headers, &user, &new)?.into_response()),
        Rotation::Reused | Rotation::Unknown => {
            // The browser may forget a cookie that will never work again.
            let forget = AppendHeaders([(header::SET_COOKIE, cookie(&headers, "", 0))]);
            Ok((forget, Error::SessionEnded).into_response())
        }
    }
}
