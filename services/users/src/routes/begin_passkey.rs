//! `POST /v1/me/passkey-challenges`: what a browser needs to make a passkey.

use axum::{Json, extract::State};
use passki::RegistrationState;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    AppState, Error, challenge::Ceremony, fresh::Fresh,
    routes::begin_passkey_proof::PasskeyCeremony,
};

/// An enrolment under way.
#[derive(Serialize, Deserialize)]
pub(crate) struct PasskeyEnrolment {
    pub(crate) user_id: Uuid,
    pub(crate) state: RegistrationState,
}

/// Begins to add a passkey.
#[utoipa::path(
    post,
    path = "/v1/me/passkey-challenges",
    tag = "second factors",
    responses(
        (status = 200, description = "What the browser needs", body = PasskeyCeremony),
        (status = 401, description = "`step-up-required`"),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn begin_passkey(
    State(state): State<AppState>,
    Fresh(user): Fresh,
) -> Result<Json<PasskeyCeremony>, Error> {
    let user = state
        .store
        .find_user(user.id)
        .await?
        .ok_or(Error::NotFound)?;
    let existing = state.store.list_factors(user.id).await?.passkeys;
    let (options, begun) = state.passkeys.begin_enrolment(&user, &existing)?;
    let about = PasskeyEnrolment {
        user_id: user.id,
        state: begun,
    };
    let now = state.clock.now();
    let ceremony = Ceremony::PasskeyEnrolment;
    let challenge = state.challenges.issue(ceremony, about, now);
    Ok(Json(PasskeyCeremony::new(challenge, options)))
}
