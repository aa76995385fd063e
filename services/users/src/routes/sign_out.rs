//! `DELETE /v1/sessions/current`: sign-out, on every tab that shares the session.

use axum::{
    extract::State,
    response::{AppendHeaders, IntoResponse},
};
use http::{HeaderMap, StatusCode, header};

use crate::{AppState, Error};

/// Ends the session of the cookie; repeatable, and fine without one.
#[utoipa::path(
    delete,
    path = "/v1/sessions/current",
    tag = "sessions",
    params(("terrace_refresh" = Option<String>, Cookie, description = "The refresh token; its name \
        also has the shop's port, and over TLS `__Host-` before it")),
    responses((status = 204, description = "Signed out")),
)]
pub(crate) async fn sign_out(
    State(state): State<AppState>,
    headers: HeaderMap,
) -> Result<impl IntoResponse, Error> {
    for token in state.cookies.received(&headers) {
        state.store.end_family_of(&token.hash()).await?;
    }
    let forget = AppendHeaders([(header::SET_COOKIE, state.cookies.refresh(&headers, "", 0))]);
    Ok((StatusCode::NO_CONTENT, forget))
}
