//! `PUT /v1/me/password`: another password.

use axum::extract::State;
use http::{HeaderMap, StatusCode};
use kit::http::{Faults, Parse, ValidJson};
use secrecy::SecretString;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    AppState, Client, Error,
    fresh::Fresh,
    letter::{Kind, Letter},
    new_password::NewPassword,
};

/// The new password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangePassword {
    /// 10 to 128 characters, and none of those that are guessed first.
    #[schema(value_type = String, min_length = 10, max_length = 128)]
    password: SecretString,
}

/// Changes the password and ends all other sessions. Asks for a fresh proof of who calls.
#[utoipa::path(
    put,
    path = "/v1/me/password",
    tag = "me",
    request_body = ChangePassword,
    responses(
        (status = 204, description = "The password is changed"),
        (status = 401, description = "`step-up-required`"),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn change_password(
    State(state): State<AppState>,
    Fresh(caller): Fresh,
    headers: HeaderMap,
    ValidJson(password): ValidJson<ChangePassword>,
) -> Result<StatusCode, Error> {
    let user = state.store.find_user(caller.id).await?;
    let user = user.ok_or(Error::NotFound)?;
    let client = Client::of(&headers);
    let hash = state.passwords.hash(client, password.secret()).await?;
    let letter = Letter::to(&user, Kind::PasswordChanged);
    let event = state.letters.event(&user, &letter);
    let changed = state
        .store
        .change_password(user.id, &hash, caller.session, event);
    changed.await?;
    Ok(StatusCode::NO_CONTENT)
}

impl Parse for ChangePassword {
    type Valid = NewPassword;

    fn parse(self, faults: &mut Faults) -> Option<NewPassword> {
        faults.field("/password", NewPassword::parse(&self.password, &[]))
    }
}
