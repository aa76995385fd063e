//! `DELETE /v1/me/totp`.

use axum::extract::State;
use http::StatusCode;

use crate::{
    AppState, Error,
    fresh::Fresh,
    notice::{self, Change},
};

/// Removes the app that makes codes, and with the last second factor the recovery codes.
#[utoipa::path(
    delete,
    path = "/v1/me/totp",
    tag = "second factors",
    responses(
        (status = 204, description = "Removed"),
        (status = 401, description = "`step-up-required`"),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn delete_totp(
    State(state): State<AppState>,
    Fresh(user): Fresh,
) -> Result<StatusCode, Error> {
    let notice = notice::of(&state, user.id, Change::TotpDeleted).await?;
    state.store.delete_totp(user.id, notice).await?;
    Ok(StatusCode::NO_CONTENT)
}
