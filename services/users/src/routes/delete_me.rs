//! `DELETE /v1/me`: the account goes.

use axum::{
    extract::State,
    response::{AppendHeaders, IntoResponse},
};
use http::{HeaderMap, StatusCode, header};

use crate::{
    AppState, Error,
    fresh::Fresh,
    letter::{Kind, Letter},
    store::{Managers, Tell},
};

/// Deletes the account and all that hangs on it, ends its sessions, and has every other service forget the person:
/// within seconds, but for orders that are on their way, which keep their address until they have arrived. A
/// letter says so. Asks for a fresh proof of who calls.
#[utoipa::path(
    delete,
    path = "/v1/me",
    tag = "me",
    responses(
        (status = 204, description = "The account is gone"),
        (status = 401, description = "`step-up-required`"),
        (status = 404, description = "`not-found`: it was gone before"),
        (status = 409, description = "`last-manager`: nobody else looks after people"),
    ),
    security(("bearer" = [])),
    extensions(("x-edge" = json!({ "throttle": { "rate_per_s": 0.05, "burst": 5 } }))),
)]
pub(crate) async fn delete_me(
    State(state): State<AppState>,
    Fresh(caller): Fresh,
    headers: HeaderMap,
) -> Result<impl IntoResponse, Error> {
    let farewell = farewell(&state);
    state
        .store
        .delete_user(caller.id, Managers::OneStays, farewell)
        .await?;
    tracing::info!(user_id = %caller.id, "an account is gone");
    Ok((StatusCode::NO_CONTENT, forget_browser(&state, &headers)))
}

/// The last letter.
pub(super) fn farewell(state: &AppState) -> Tell {
    let letters = state.letters.clone();
    Box::new(move |user| letters.event(user, &Letter::to(user, Kind::AccountDeleted)))
}

/// Takes from the browser what it had of the account.
pub(super) fn forget_browser(state: &AppState, headers: &HeaderMap) -> impl IntoResponse + use<> {
    AppendHeaders([
        (header::SET_COOKIE, state.cookies.refresh(headers, "", 0)),
        (header::SET_COOKIE, state.cookies.known(headers, "", 0)),
    ])
}
