//! `POST /v1/users/confirmation`: the code of a new account's letter.

use axum::extract::State;
use http::StatusCode;
use kit::http::{Faults, Parse, ValidJson};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{AppState, Error, user::Email};

/// A code, and whose it is.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Confirmation {
    /// The e-mail address that the account was opened with.
    #[schema(format = Email, min_length = 3, max_length = 254, example = "rose@garden.example")]
    email: String,
    /// As the letter has it.
    #[schema(min_length = 1, max_length = 32, example = "123456")]
    code: String,
}

/// Confirms the address of an account that said it was not `confirmed`. Then it can be signed in to.
#[utoipa::path(
    post,
    path = "/v1/users/confirmation",
    tag = "users",
    request_body = Confirmation,
    responses(
        (status = 204, description = "Confirmed"),
        (status = 401, description = "`wrong-code`"),
    ),
    extensions(("x-edge" = json!({ "throttle": { "rate_per_s": 0.5, "burst": 20 } }))),
)]
pub(crate) async fn confirm_sign_up(
    State(state): State<AppState>,
    ValidJson((email, code)): ValidJson<Confirmation>,
) -> Result<StatusCode, Error> {
    // Our own accounts wait for none.
    let directory = state.directory.as_ref().ok_or(Error::WrongCode)?;
    directory.confirm_sign_up(&email, &code).await?;
    Ok(StatusCode::NO_CONTENT)
}

impl Confirmation {
    pub(crate) fn new(email: String, code: String) -> Self {
        Self { email, code }
    }
}

impl Parse for Confirmation {
    type Valid = (Email, String);

    fn parse(self, faults: &mut Faults) -> Option<Self::Valid> {
        let email = faults.field("/email", Email::parse(&self.email));
        if !(1..=32).contains(&self.code.chars().count()) {
            faults.add("/code", "has 1 to 32 characters");
            return None;
        }
        Some((email?, self.code))
    }
}
