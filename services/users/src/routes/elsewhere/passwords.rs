//! Passwords that a directory elsewhere keeps.

use axum::{
    extract::State,
    response::{AppendHeaders, IntoResponse},
};
use http::{HeaderMap, StatusCode, header};
use kit::http::ValidJson;

use crate::{
    AppState, Error,
    fresh::Fresh,
    letter::{Kind, Letter},
    routes::{ask_password_reset::AskPasswordReset, change_password::ChangePassword},
};

/// The directory sends the letter, with a code for `POST /v1/password-resets/code`, and counts how many.
pub(super) async fn ask_password_reset(
    State(state): State<AppState>,
    ValidJson(emails): ValidJson<AskPasswordReset>,
) -> Result<StatusCode, Error> {
    if let Some(email) = emails.first() {
        state.elsewhere()?.begin_reset(email).await?;
    }
    Ok(StatusCode::ACCEPTED)
}

/// Signs out here as well: the directory cannot tell one session of an account from the others.
pub(super) async fn change_password(
    State(state): State<AppState>,
    Fresh(caller): Fresh,
    headers: HeaderMap,
    ValidJson(password): ValidJson<ChangePassword>,
) -> Result<impl IntoResponse, Error> {
    let user = state.store.find_user(caller.id).await?;
    let user = user.ok_or(Error::NotFound)?;
    let changed = state.elsewhere()?;
    let changed = changed.change_password(&user.email, password.secret());
    changed.await?;
    let letter = Letter::to(&user, Kind::PasswordChanged);
    let event = state.letters.event(&user, &letter);
    state.store.append_events(&[event]).await?;
    let forget = AppendHeaders([(header::SET_COOKIE, state.cookies.refresh(&headers, "", 0))]);
    Ok((StatusCode::NO_CONTENT, forget))
}
