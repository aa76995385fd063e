//! `POST /v1/me/recovery-codes`: recovery codes anew.

use axum::{Json, extract::State};
use http::StatusCode;

use crate::{
    AppState, Error,
    fresh::Fresh,
    notice::{self, Change},
    recovery::RecoveryCode,
    routes::confirm_totp::RecoveryCodes,
};

/// Makes ten new recovery codes, in place of all others; 404 without a second factor.
#[utoipa::path(
    post,
    path = "/v1/me/recovery-codes",
    tag = "second factors",
    responses(
        (status = 201, description = "The codes", body = RecoveryCodes),
        (status = 401, description = "`step-up-required`"),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn replace_recovery_codes(
    State(state): State<AppState>,
    Fresh(user): Fresh,
) -> Result<(StatusCode, Json<RecoveryCodes>), Error> {
    let codes = RecoveryCode::generate();
    let hashes = codes.each_ref().map(|code| code.hash(user.id));
    let notice = notice::of(&state, user.id, Change::RecoveryCodesReplaced).await?;
    let replaced = state.store.replace_recovery_codes(user.id, &hashes, notice);
    replaced.await?;
    let answer = RecoveryCodes::of(&codes, true);
    Ok((StatusCode::CREATED, Json(answer)))
}
