//! `GET /v1/me/second-factors`: what the signed-in user has beside the password.

use axum::{Json, extract::State};
use jiff::Timestamp;
use kit::identity;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{AppState, Error, passkey::Passkey, store::Factors};

/// What a user has beside the password.
#[derive(Serialize, ToSchema)]
pub(crate) struct SecondFactors {
    /// The codes of an app; null without one.
    totp: Option<TotpView>,
    /// How many recovery codes are left.
    #[schema(example = 10)]
    recovery_codes_left: i64,
    /// The passkeys, oldest first, at most 20.
    passkeys: Vec<PasskeyView>,
}

/// The codes of an app.
#[derive(Serialize, ToSchema)]
pub(crate) struct TotpView {
    #[serde(serialize_with = "kit::http::milliseconds")]
    #[schema(value_type = String, format = DateTime)]
    added_at: Timestamp,
}

/// A passkey.
#[derive(Serialize, ToSchema)]
pub(crate) struct PasskeyView {
    id: Uuid,
    #[schema(example = "Rose’s phone")]
    name: String,
    #[serde(serialize_with = "kit::http::milliseconds")]
    #[schema(value_type = String, format = DateTime)]
    added_at: Timestamp,
    /// When it was last used; left out before the first time.
    #[serde(serialize_with = "last_used", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    used_at: Option<Timestamp>,
}

/// Lists the signed-in user's second factors.
#[utoipa::path(
    get,
    path = "/v1/me/second-factors",
    tag = "me",
    responses((status = 200, description = "What the user has", body = SecondFactors)),
    security(("bearer" = [])),
)]
pub(crate) async fn list_second_factors(
    State(state): State<AppState>,
    user: identity::User,
) -> Result<Json<SecondFactors>, Error> {
    let factors = state.store.list_factors(user.id).await?;
    Ok(Json(factors.into()))
}

impl From<Factors> for SecondFactors {
    fn from(factors: Factors) -> Self {
        let totp = factors.totp_added_at;
        let passkeys = factors.passkeys.into_iter();
        Self {
            totp: totp.map(|added_at| TotpView { added_at }),
            recovery_codes_left: factors.recovery_codes,
            passkeys: passkeys.map(PasskeyView::from).collect(),
        }
    }
}

impl From<Passkey> for PasskeyView {
    fn from(passkey: Passkey) -> Self {
        Self {
            id: passkey.id,
            name: passkey.name.as_str().to_owned(),
            added_at: passkey.added_at,
            used_at: passkey.used_at,
        }
    }
}

pub(super) fn last_used<S: serde::Serializer>(
    at: &Option<Timestamp>,
    to: S,
) -> Result<S::Ok, S::Error> {
    match at {
        Some(at) => kit::http::milliseconds(at, to),
        None => to.serialize_none(),
    }
}
