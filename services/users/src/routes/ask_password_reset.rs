//! `POST /v1/password-resets`: a link by letter, for who has forgotten the password.

use axum::extract::State;
use http::StatusCode;
use kit::http::{Faults, Parse, ValidJson};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    AppState, Error,
    link::{self, Purpose},
    user::Email,
};

/// Whose password it is.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AskPasswordReset {
    /// The e-mail address of the account.
    #[schema(format = Email, min_length = 3, max_length = 254, example = "rose@garden.example")]
    email: String,
}

/// Sends a link that works once, for 15 minutes. The answer is the same whether there is such an account.
#[utoipa::path(
    post,
    path = "/v1/password-resets",
    tag = "users",
    request_body = AskPasswordReset,
    responses((status = 202, description = "A letter goes out if an account has the address")),
    extensions(("x-edge" = json!({ "throttle": { "rate_per_s": 0.05, "burst": 10 } }))),
)]
pub(crate) async fn ask_password_reset(
    State(state): State<AppState>,
    ValidJson(emails): ValidJson<AskPasswordReset>,
) -> Result<StatusCode, Error> {
    let mut found = None;
    for email in &emails {
        found = found.or(state.store.find_credentials(email).await?);
    }
    match (found, emails.into_iter().next()) {
        (Some((user, _)), _) => {
            link::send(&state, &user, Purpose::ResetPassword, &user.email).await?;
        }
        (None, Some(email)) => link::pretend(&state, email).await?,
        (None, None) => {}
    }
    Ok(StatusCode::ACCEPTED)
}

impl Parse for AskPasswordReset {
    type Valid = Vec<Email>;

    fn parse(self, faults: &mut Faults) -> Option<Self::Valid> {
        let candidates = Email::candidates(&self.email);
        let found = candidates
            .first()
            .ok_or("is not an e-mail address".to_owned());
        faults.field("/email", found.map(drop))?;
        Some(candidates)
    }
}
