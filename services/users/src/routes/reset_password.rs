//! `POST /v1/password-resets/complete`: another password, by the link of a letter.

use axum::extract::State;
use http::{HeaderMap, StatusCode};
use kit::http::{Faults, Parse, ValidJson};
use secrecy::SecretString;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    AppState, Client, Error,
    letter::{Kind, Letter},
    link::{LinkToken, Purpose},
    new_password::NewPassword,
};

/// The link, and what is chosen by it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ResetPassword {
    /// What stands behind the `#` of the link.
    #[schema(value_type = String, max_length = 128)]
    token: SecretString,
    /// 10 to 128 characters, and none of those that are guessed first.
    #[schema(value_type = String, min_length = 10, max_length = 128)]
    password: SecretString,
}

/// Changes the password, and signs out everywhere.
#[utoipa::path(
    post,
    path = "/v1/password-resets/complete",
    tag = "users",
    request_body = ResetPassword,
    responses(
        (status = 204, description = "The password is changed"),
        (status = 410, description = "`link-expired`"),
    ),
    extensions(("x-edge" = json!({ "throttle": { "rate_per_s": 0.5, "burst": 20 } }))),
)]
pub(crate) async fn reset_password(
    State(state): State<AppState>,
    headers: HeaderMap,
    ValidJson((token, password)): ValidJson<ResetPassword>,
) -> Result<StatusCode, Error> {
    let (token, now) = (token.hash(), state.clock.now());
    // A password is too dear to be hashed for whoever makes up a token.
    if !state
        .store
        .has_link(&token, Purpose::ResetPassword, now)
        .await?
    {
        return Err(Error::LinkExpired);
    }
    let hash = state
        .passwords
        .hash(Client::of(&headers), password.secret())
        .await?;
    let letters = state.letters.clone();
    let tell = move |user: &_| letters.event(user, &Letter::to(user, Kind::PasswordChanged));
    let reset = state
        .store
        .reset_password(&token, &hash, now, Box::new(tell));
    reset.await?.ok_or(Error::LinkExpired)?;
    Ok(StatusCode::NO_CONTENT)
}

impl Parse for ResetPassword {
    type Valid = (LinkToken, NewPassword);

    fn parse(self, faults: &mut Faults) -> Option<Self::Valid> {
        let password = faults.field("/password", NewPassword::parse(&self.password, &[]));
        let token = faults.field("/token", LinkToken::received(self.token));
        Some((token?, password?))
    }
}
