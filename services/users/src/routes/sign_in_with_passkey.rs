//! `POST /v1/sessions/passkey`: sign-in with a passkey, which is two factors by itself.

use axum::{extract::State, response::IntoResponse};
use http::HeaderMap;
use kit::http::{Faults, Parse, ValidJson};
use passki::AuthenticationState;
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    AppState, Error,
    challenge::{Ceremony, check_challenge},
    passkey,
    proof::Method,
    routes::{
        count,
        sign_in::{Tokens, begin_session},
    },
};

/// A passkey that was used.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PasskeyProof {
    /// Of `POST /v1/sessions/passkey-challenges`.
    #[schema(max_length = 4096)]
    challenge: String,
    /// What the browser answered: `credential.toJSON()`.
    #[schema(value_type = HashMap<String, Value>)]
    credential: Map<String, Value>,
}

/// Signs in with a passkey.
#[utoipa::path(
    post,
    path = "/v1/sessions/passkey",
    tag = "sessions",
    request_body = PasskeyProof,
    responses(
        (status = 201, description = "The tokens", body = Tokens),
        (status = 401, description = "`passkey-refused`, `challenge-expired`"),
    ),
    extensions(("x-edge" = json!({ "throttle": { "rate_per_s": 0.5, "burst": 20 } }))),
)]
pub(crate) async fn sign_in_with_passkey(
    State(state): State<AppState>,
    headers: HeaderMap,
    ValidJson(proof): ValidJson<PasskeyProof>,
) -> Result<impl IntoResponse, Error> {
    let user_id = use_passkey(&state, proof, None)
        .await
        .inspect_err(|fault| {
            if matches!(fault, Error::PasskeyRefused(_)) {
                count("wrong-passkey");
            }
        })?;
    let user = state.store.find_user(user_id).await?;
    let user = user.ok_or_else(|| Error::PasskeyRefused("its owner is gone".into()))?;
    begin_session(&state, &headers, &user, &user.email, Method::Passkey).await
}

/// Uses a passkey up to where its device has counted, and its challenge: whose passkey it is, of
/// this user where one is named.
pub(crate) async fn use_passkey(
    state: &AppState,
    proof: PasskeyProof,
    of: Option<Uuid>,
) -> Result<Uuid, Error> {
    let challenge = state
        .challenges
        .open::<AuthenticationState>(Ceremony::PasskeyProof, &proof.challenge, state.clock.now())
        .ok_or(Error::ChallengeExpired)?;
    let (credential, id) = passkey::used(proof.credential.into())?;
    let found = state.store.find_passkey(&id).await?;
    let found = found.filter(|found| of.is_none_or(|user| found.user_id == user));
    let found = found.ok_or_else(|| Error::PasskeyRefused("it is not known".into()))?;
    let counter = state
        .passkeys
        .finish_proof(&credential, &challenge.about, &found)?;
    let (hash, expires_at) = (challenge.hash, challenge.expires_at);
    if !state.store.use_challenge(&hash, expires_at).await? {
        return Err(Error::ChallengeExpired);
    }
    let now = state.clock.now();
    if !state.store.use_passkey(found.id, counter, now).await? {
        metrics::counter!("users_passkey_counter_regressed_total").increment(1);
        tracing::warn!(passkey = %found.id, "a passkey counts backwards: there may be a copy of it");
        return Err(Error::PasskeyRefused("it counts backwards".into()));
    }
    Ok(found.user_id)
}

impl Parse for PasskeyProof {
    type Valid = Self;

    fn parse(self, faults: &mut Faults) -> Option<Self> {
        check_challenge(faults, "/challenge", &self.challenge);
        Some(self)
    }
}
