//! `POST /v1/me/passkeys`: a passkey that the browser has made.

use axum::{Json, extract::State};
use http::StatusCode;
use kit::{
    http::{Faults, Parse, ValidJson},
    identity,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    AppState, Error,
    challenge::{Ceremony, check_challenge},
    notice::{self, Change},
    passkey::Passkey,
    recovery::RecoveryCode,
    routes::{
        begin_passkey::PasskeyEnrolment, confirm_totp::RecoveryCodes,
        list_second_factors::PasskeyView,
    },
    user::{Name, NameLine},
};

/// A passkey that the browser has made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AddPasskey {
    /// Of `POST /v1/me/passkey-challenges`.
    #[schema(max_length = 4096)]
    challenge: String,
    /// What to call it.
    name: NameLine,
    /// What the browser answered: `credential.toJSON()`.
    #[schema(value_type = HashMap<String, Value>)]
    credential: Map<String, Value>,
}

/// What is valid of it.
pub(crate) struct Made {
    challenge: String,
    name: Name,
    credential: Value,
}

/// The passkey, and with the first second factor recovery codes.
#[derive(Serialize, ToSchema)]
pub(crate) struct PasskeyAdded {
    passkey: PasskeyView,
    #[serde(flatten)]
    codes: RecoveryCodes,
}

/// Adds a passkey.
#[utoipa::path(
    post,
    path = "/v1/me/passkeys",
    tag = "second factors",
    request_body = AddPasskey,
    responses(
        (status = 201, description = "Added", body = PasskeyAdded),
        (status = 401, description = "`passkey-refused`, `challenge-expired`"),
        (status = 409, description = "`too-many-passkeys`"),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn add_passkey(
    State(state): State<AppState>,
    user: identity::User,
    ValidJson(made): ValidJson<AddPasskey>,
) -> Result<(StatusCode, Json<PasskeyAdded>), Error> {
    let now = state.clock.now();
    let challenge = state
        .challenges
        .open::<PasskeyEnrolment>(Ceremony::PasskeyEnrolment, &made.challenge, now)
        .filter(|challenge| challenge.about.user_id == user.id)
        .ok_or(Error::ChallengeExpired)?;
    let begun = &challenge.about.state;
    let stored = state.passkeys.finish_enrolment(made.credential, begun)?;
    let (hash, expires_at) = (challenge.hash, challenge.expires_at);
    if !state.store.use_challenge(&hash, expires_at).await? {
        return Err(Error::ChallengeExpired);
    }
    let credential = serde_json::to_string(&stored);
    let passkey = Passkey {
        id: Uuid::now_v7(),
        user_id: user.id,
        counter: stored.counter,
        credential: credential.map_err(|fault| Error::Internal(fault.into()))?,
        credential_id: stored.credential_id,
        name: made.name,
        added_at: now,
        used_at: None,
    };
    let codes = RecoveryCode::generate();
    let hashes = codes.each_ref().map(|code| code.hash(user.id));
    let notice = notice::of(&state, user.id, Change::PasskeyAdded).await?;
    let are_kept = state.store.insert_passkey(&passkey, &hashes, notice);
    let are_kept = are_kept.await?;
    let added = PasskeyAdded {
        passkey: passkey.into(),
        codes: RecoveryCodes::of(&codes, are_kept),
    };
    Ok((StatusCode::CREATED, Json(added)))
}

impl Parse for AddPasskey {
    type Valid = Made;

    fn parse(self, faults: &mut Faults) -> Option<Made> {
        check_challenge(faults, "/challenge", &self.challenge);
        let name = faults.field("/name", Name::parse(self.name.as_sent()));
        Some(Made {
            challenge: self.challenge,
            name: name?,
            credential: self.credential.into(),
        })
    }
}
