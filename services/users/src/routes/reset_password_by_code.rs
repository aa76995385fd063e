//! `POST /v1/password-resets/code`: another password, by the code of a letter.

use axum::extract::State;
use http::StatusCode;
use kit::http::{Faults, Parse, ValidJson};
use secrecy::SecretString;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    AppState, Error, new_password::NewPassword, routes::confirm_sign_up::Confirmation, user::Email,
};

/// The code, whose it is, and what is chosen by it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ResetPasswordByCode {
    /// The e-mail address that the letter went to.
    #[schema(format = Email, min_length = 3, max_length = 254, example = "rose@garden.example")]
    email: String,
    /// As the letter has it.
    #[schema(min_length = 1, max_length = 32, example = "123456")]
    code: String,
    /// 10 to 128 characters, and none of those that are guessed first.
    #[schema(value_type = String, min_length = 10, max_length = 128)]
    password: SecretString,
}

/// Changes the password, and signs out everywhere, where the letter has a code and no link: with accounts in
/// Amazon Cognito.
#[utoipa::path(
    post,
    path = "/v1/password-resets/code",
    tag = "users",
    request_body = ResetPasswordByCode,
    responses(
        (status = 204, description = "The password is changed"),
        (status = 401, description = "`wrong-code`"),
    ),
    extensions(("x-edge" = json!({ "throttle": { "rate_per_s": 0.5, "burst": 20 } }))),
)]
pub(crate) async fn reset_password_by_code(
    State(state): State<AppState>,
    ValidJson((email, code, password)): ValidJson<ResetPasswordByCode>,
) -> Result<StatusCode, Error> {
    // Letters about our own accounts have links.
    let directory = state.directory.as_ref().ok_or(Error::WrongCode)?;
    let reset = directory.finish_reset(&email, &code, password.secret());
    reset.await?;
    Ok(StatusCode::NO_CONTENT)
}

impl Parse for ResetPasswordByCode {
    type Valid = (Email, String, NewPassword);

    fn parse(self, faults: &mut Faults) -> Option<Self::Valid> {
        let password = faults.field("/password", NewPassword::parse(&self.password, &[]));
        let (email, code) = Confirmation::new(self.email, self.code).parse(faults)?;
        Some((email, code, password?))
    }
}
