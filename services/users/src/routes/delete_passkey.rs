//! `DELETE /v1/me/passkeys/{id}`.

use axum::extract::State;
use http::StatusCode;
use kit::http::Path;
use uuid::Uuid;

use crate::{
    AppState, Error,
    fresh::Fresh,
    notice::{self, Change},
};

/// Removes a passkey, and with the last second factor the recovery codes.
#[utoipa::path(
    delete,
    path = "/v1/me/passkeys/{id}",
    tag = "second factors",
    params(("id" = Uuid, Path, description = "The passkey's id")),
    responses(
        (status = 204, description = "Removed"),
        (status = 401, description = "`step-up-required`"),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn delete_passkey(
    State(state): State<AppState>,
    Fresh(user): Fresh,
    Path(id): Path<Uuid>,
) -> Result<StatusCode, Error> {
    let notice = notice::of(&state, user.id, Change::PasskeyDeleted).await?;
    state.store.delete_passkey(user.id, id, notice).await?;
    Ok(StatusCode::NO_CONTENT)
}
