//! `POST /v1/me/totp`: a secret for an app that makes codes (RFC 6238).

use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{AppState, Error, challenge::Ceremony, fresh::Fresh, totp::Secret};

/// What an app needs.
#[derive(Serialize, ToSchema)]
pub(crate) struct TotpBegun {
    /// To be sent back with a code of the app, once, within five minutes.
    #[schema(example = "c2VhbGVk")]
    challenge: String,
    /// The secret as it is typed, in base32. It is shown this once.
    #[schema(example = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")]
    secret: String,
    /// The secret as an app reads it from a QR code.
    #[schema(example = "otpauth://totp/Terrace:rose?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")]
    uri: String,
}

/// An enrolment under way.
#[derive(Serialize, Deserialize)]
pub(crate) struct TotpEnrolment {
    pub(crate) user_id: Uuid,
    pub(crate) secret: Vec<u8>,
}

/// Begins to add an app that makes codes. Nothing changes until a code of it comes back.
#[utoipa::path(
    post,
    path = "/v1/me/totp",
    tag = "second factors",
    responses(
        (status = 200, description = "The secret", body = TotpBegun),
        (status = 401, description = "`step-up-required`"),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn begin_totp(
    State(state): State<AppState>,
    Fresh(user): Fresh,
) -> Result<Json<TotpBegun>, Error> {
    let user = state
        .store
        .find_user(user.id)
        .await?
        .ok_or(Error::NotFound)?;
    let secret = Secret::generate();
    let about = TotpEnrolment {
        user_id: user.id,
        secret: secret.as_bytes().to_vec(),
    };
    let now = state.clock.now();
    Ok(Json(TotpBegun {
        challenge: state.challenges.issue(Ceremony::TotpEnrolment, about, now),
        secret: secret.base32(),
        uri: secret.uri(&user.email),
    }))
}
