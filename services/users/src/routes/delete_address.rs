//! `DELETE /v1/me/addresses/{id}`.

use axum::extract::State;
use http::StatusCode;
use kit::{http::Path, identity};
use uuid::Uuid;

use crate::{AppState, Error};

/// Deletes an address of the book. Orders keep the address that they were placed with.
#[utoipa::path(
    delete,
    path = "/v1/me/addresses/{id}",
    tag = "me",
    params(("id" = Uuid, Path, description = "The address's id")),
    responses((status = 204, description = "Deleted")),
    security(("bearer" = [])),
)]
pub(crate) async fn delete_address(
    State(state): State<AppState>,
    user: identity::User,
    Path(id): Path<Uuid>,
) -> Result<StatusCode, Error> {
    state.store.delete_address(user.id, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
