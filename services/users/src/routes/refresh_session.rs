//! `POST /v1/sessions/refresh`: a new access token for the cookie, and a new cookie.

use axum::{extract::State, response::IntoResponse};
use http::HeaderMap;

use crate::{
    AppState, Error,
    letter::{Kind, Letter},
    routes::sign_in::{Tokens, answer},
    store::Rotation,
};

/// Rotates the session. For 10 seconds the old cookie gets the same new one again; after that, its
/// reuse ends the session. A refusal leaves the browser's cookie alone: another tab may have a newer one.
#[utoipa::path(
    post,
    path = "/v1/sessions/refresh",
    tag = "sessions",
    params(("terrace_refresh" = Option<String>, Cookie, description = "The refresh token; its name \
        also has the shop's port, and over TLS `__Host-` before it")),
    responses(
        (status = 200, description = "The tokens", body = Tokens),
        (status = 401, description = "`session-ended`"),
    ),
    extensions(("x-edge" = json!({ "throttle": { "rate_per_s": 2, "burst": 60 } }))),
)]
pub(crate) async fn refresh_session(
    State(state): State<AppState>,
    headers: HeaderMap,
) -> Result<impl IntoResponse, Error> {
    let now = state.clock.now();
    for old in state.cookies.received(&headers) {
        let letters = state.letters.clone();
        let tell = move |user: &_| letters.event(user, &Letter::to(user, Kind::TokenReused));
        let rotated = state
            .store
            .rotate_session(&old, state.lives, now, Box::new(tell));
        match rotated.await? {
            Rotation::Rotated(user, session, next, proof) => {
                return answer(&state, &headers, &user, session, proof, &next);
            }
            Rotation::Reused => {
                metrics::counter!("users_refresh_reused_total").increment(1);
                tracing::warn!("a refresh token came again after its rotation: its session ends");
            }
            Rotation::Unknown => {}
        }
    }
    Err(Error::SessionEnded)
}
