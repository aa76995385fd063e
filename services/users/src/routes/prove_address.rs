//! `POST /v1/email-verifications`: an address is its owner's, by the link of a letter to it.

use axum::extract::State;
use http::StatusCode;
use kit::http::{Faults, Parse, ValidJson};
use secrecy::SecretString;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    AppState, Error,
    letter::{Kind, Letter},
    link::LinkToken,
};

/// The link.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProveAddress {
    /// What stands behind the `#` of the link.
    #[schema(value_type = String, max_length = 128)]
    token: SecretString,
}

/// Proves the account's address, or puts the new one in its place.
#[utoipa::path(
    post,
    path = "/v1/email-verifications",
    tag = "users",
    request_body = ProveAddress,
    responses(
        (status = 204, description = "The address is proven"),
        (status = 409, description = "`email-taken`"),
        (status = 410, description = "`link-expired`"),
    ),
    extensions(("x-edge" = json!({ "throttle": { "rate_per_s": 0.5, "burst": 20 } }))),
)]
pub(crate) async fn prove_address(
    State(state): State<AppState>,
    ValidJson(token): ValidJson<ProveAddress>,
) -> Result<StatusCode, Error> {
    let letters = state.letters.clone();
    // To the address before: whose mailbox it is should know.
    let tell = move |before: &_| letters.event(before, &Letter::to(before, Kind::AddressChanged));
    let now = state.clock.now();
    let token = token.hash();
    let proven = state.store.prove_address(&token, now, Box::new(tell));
    proven.await?.ok_or(Error::LinkExpired)?;
    Ok(StatusCode::NO_CONTENT)
}

impl Parse for ProveAddress {
    type Valid = LinkToken;

    fn parse(self, faults: &mut Faults) -> Option<LinkToken> {
        faults.field("/token", LinkToken::received(self.token))
    }
}
