//! `PUT /v1/me/email`: another address, once its owner has proven it.

use axum::extract::State;
use http::StatusCode;
use kit::http::{Faults, Parse, ValidJson};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    AppState, Error,
    fresh::Fresh,
    letter::{Kind, Letter},
    link::{self, Purpose},
    user::Email,
};

/// The new address.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangeEmail {
    /// The e-mail address to sign in with.
    #[schema(format = Email, min_length = 3, max_length = 254, example = "rose@garden.example")]
    email: String,
}

/// Sends a link to the new address, which takes the place of the old one when the link is opened, and tells the
/// old one. The answer is the same for an address that has an account: only who reads its letters finds that out.
/// Asks for a fresh proof of who calls.
#[utoipa::path(
    put,
    path = "/v1/me/email",
    tag = "me",
    request_body = ChangeEmail,
    responses(
        (status = 202, description = "Letters go out to both addresses"),
        (status = 401, description = "`step-up-required`"),
    ),
    security(("bearer" = [])),
    extensions(("x-edge" = json!({ "throttle": { "rate_per_s": 0.05, "burst": 5 } }))),
)]
pub(crate) async fn change_email(
    State(state): State<AppState>,
    Fresh(caller): Fresh,
    ValidJson(email): ValidJson<ChangeEmail>,
) -> Result<StatusCode, Error> {
    let user = state.store.find_user(caller.id).await?;
    let user = user.ok_or(Error::NotFound)?;
    if email != user.email {
        let letter = Letter::to(&user, Kind::AddressChangeAsked);
        let event = state.letters.event(&user, &letter);
        state.store.append_events(&[event]).await?;
        link::send(&state, &user, Purpose::ProveAddress, &email).await?;
    }
    Ok(StatusCode::ACCEPTED)
}

impl Parse for ChangeEmail {
    type Valid = Email;

    fn parse(self, faults: &mut Faults) -> Option<Email> {
        faults.field("/email", Email::parse(&self.email))
    }
}
