//! `POST /v1/sessions/second-factor`: the second half of a sign-in, with a code.

use axum::{extract::State, response::IntoResponse};
use http::HeaderMap;
use kit::http::{Faults, Parse, ValidJson};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    AppState, Error,
    challenge::{Ceremony, check_challenge},
    code::{check_code, use_code},
    proof::Method,
    routes::sign_in::{Pending, Tokens, begin_session},
    user::Email,
};

/// What was missing.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FinishSignIn {
    /// Of the problem `second-factor-required`.
    #[schema(max_length = 4096)]
    pub(crate) challenge: String,
    /// A code of the app, or a recovery code.
    #[schema(max_length = 100, example = "287082")]
    pub(crate) code: String,
}

/// Finishes a sign-in with a code. A wrong one may be followed by another while the challenge lives.
#[utoipa::path(
    post,
    path = "/v1/sessions/second-factor",
    tag = "sessions",
    request_body = FinishSignIn,
    responses(
        (status = 201, description = "The tokens", body = Tokens),
        (status = 401, description = "`wrong-code`, `challenge-expired`"),
        (status = 429, description = "`too-many-guesses`"),
    ),
    extensions(("x-edge" = json!({ "throttle": { "rate_per_s": 0.5, "burst": 20 } }))),
)]
pub(crate) async fn finish_sign_in(
    State(state): State<AppState>,
    headers: HeaderMap,
    ValidJson(answer): ValidJson<FinishSignIn>,
) -> Result<impl IntoResponse, Error> {
    let FinishSignIn { challenge, code } = answer;
    let now = state.clock.now();
    let challenge = state
        .challenges
        .open::<Pending>(Ceremony::SecondFactor, &challenge, now)
        .ok_or(Error::ChallengeExpired)?;
    let user = state.store.find_user(challenge.about.user_id).await?;
    let user = user.ok_or(Error::ChallengeExpired)?;
    use_code(&state, user.id, &code).await?;
    let (hash, expires_at) = (challenge.hash, challenge.expires_at);
    if !state.store.use_challenge(&hash, expires_at).await? {
        return Err(Error::ChallengeExpired);
    }
    let known_as = Email::stored(challenge.about.known_as);
    let method = Method::stored(&challenge.about.by).and_code();
    begin_session(&state, &headers, &user, &known_as, method).await
}

impl Parse for FinishSignIn {
    type Valid = Self;

    fn parse(self, faults: &mut Faults) -> Option<Self> {
        check_challenge(faults, "/challenge", &self.challenge);
        check_code(faults, &self.code);
        Some(self)
    }
}
