//! `POST /v1/sessions/passkey-challenges`: what a browser needs to use a passkey, whoever's it is.

use axum::{Json, extract::State};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::{AppState, Error, challenge::Ceremony};

/// The beginning of a ceremony with a passkey.
#[derive(Serialize, ToSchema)]
pub(crate) struct PasskeyCeremony {
    /// To be sent back with the credential, once, within five minutes.
    #[schema(example = "c2VhbGVk")]
    challenge: String,
    /// For `PublicKeyCredential.parseRequestOptionsFromJSON`, or `parseCreationOptionsFromJSON`.
    #[schema(value_type = HashMap<String, Value>, example = json!({ "rpId": "shop.example" }))]
    options: Value,
}

impl PasskeyCeremony {
    pub(crate) fn new(challenge: String, options: Value) -> Self {
        Self { challenge, options }
    }
}

/// Begins a sign-in, or a step up, with a passkey. No address is needed: the passkey says whose it is.
#[utoipa::path(
    post,
    path = "/v1/sessions/passkey-challenges",
    tag = "sessions",
    responses((status = 200, description = "What the browser needs", body = PasskeyCeremony)),
    extensions(("x-edge" = json!({ "throttle": { "rate_per_s": 0.5, "burst": 20 } }))),
)]
pub(crate) async fn begin_passkey_proof(
    State(state): State<AppState>,
) -> Result<Json<PasskeyCeremony>, Error> {
    let (options, about) = state.passkeys.begin_proof()?;
    let now = state.clock.now();
    let challenge = state.challenges.issue(Ceremony::PasskeyProof, about, now);
    Ok(Json(PasskeyCeremony::new(challenge, options)))
}
