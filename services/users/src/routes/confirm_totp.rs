//! `PUT /v1/me/totp`: the app that makes codes is there, as a code of it shows.

use axum::{Json, extract::State};
use kit::{
    http::{Faults, Parse, ValidJson},
    identity,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    AppState, Error,
    challenge::{Ceremony, check_challenge},
    code::check_code,
    notice::{self, Change},
    recovery::RecoveryCode,
    routes::begin_totp::TotpEnrolment,
    totp::{App, Secret},
};

/// The code that the app shows.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ConfirmTotp {
    /// Of `POST /v1/me/totp`.
    #[schema(max_length = 4096)]
    challenge: String,
    /// Six digits.
    #[schema(max_length = 100, example = "287082")]
    code: String,
}

/// Codes that each work once in place of a second factor.
#[derive(Serialize, ToSchema)]
pub(crate) struct RecoveryCodes {
    /// They are shown this once. Empty where the user has some of before.
    #[schema(example = json!(["geu4-3znf-2hcd-77pa"]))]
    recovery_codes: Vec<String>,
}

/// Adds the app, in place of an earlier one, and with the first second factor recovery codes.
#[utoipa::path(
    put,
    path = "/v1/me/totp",
    tag = "second factors",
    request_body = ConfirmTotp,
    responses(
        (status = 200, description = "Added", body = RecoveryCodes),
        (status = 401, description = "`wrong-code`, `challenge-expired`"),
        (status = 429, description = "`too-many-guesses`"),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn confirm_totp(
    State(state): State<AppState>,
    user: identity::User,
    ValidJson(answer): ValidJson<ConfirmTotp>,
) -> Result<Json<RecoveryCodes>, Error> {
    let now = state.clock.now();
    let challenge = state
        .challenges
        .open::<TotpEnrolment>(Ceremony::TotpEnrolment, &answer.challenge, now)
        .filter(|challenge| challenge.about.user_id == user.id)
        .ok_or(Error::ChallengeExpired)?;
    let secret = Secret::from_bytes(&challenge.about.secret).ok_or(Error::ChallengeExpired)?;
    let account = state.guesses.code_of(user.id);
    state.guesses.check(account)?;
    let step = secret.matching_step(answer.code.trim(), now);
    let step = step.ok_or(Error::WrongCode)?;
    state.guesses.forget(account);
    let (hash, expires_at) = (challenge.hash, challenge.expires_at);
    if !state.store.use_challenge(&hash, expires_at).await? {
        return Err(Error::ChallengeExpired);
    }
    let sealed = state.secrets.seal(user.id.as_bytes(), secret.as_bytes());
    let codes = RecoveryCode::generate();
    let hashes = codes.each_ref().map(|code| code.hash(user.id));
    let app = App {
        user_id: user.id,
        secret: sealed,
        last_step: step,
        added_at: now,
    };
    let notice = notice::of(&state, user.id, Change::TotpAdded).await?;
    let are_kept = state.store.set_totp(app, &hashes, notice).await?;
    Ok(Json(RecoveryCodes::of(&codes, are_kept)))
}

impl RecoveryCodes {
    /// These, where they are the user's.
    pub(crate) fn of(codes: &[RecoveryCode], are_kept: bool) -> Self {
        let shown = codes.iter().filter(|_| are_kept).map(RecoveryCode::shown);
        Self {
            recovery_codes: shown.collect(),
        }
    }
}

impl Parse for ConfirmTotp {
    type Valid = Self;

    fn parse(self, faults: &mut Faults) -> Option<Self> {
        check_challenge(faults, "/challenge", &self.challenge);
        check_code(faults, &self.code);
        Some(self)
    }
}
