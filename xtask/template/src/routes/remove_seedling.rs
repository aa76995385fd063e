//! `DELETE /v1/seedlings/{id}`: a seedling is gone.

use axum::extract::State;
use http::StatusCode;
use kit::{http::Path, identity::Staff};
use uuid::Uuid;

use crate::{AppState, Error};

/// Removes a seedling.
#[utoipa::path(
    delete,
    path = "/v1/seedlings/{id}",
    tag = "nursery",
    params(("id" = Uuid, Path, description = "The seedling's id")),
    responses(
        (status = 204, description = "Removed"),
        (status = 404, description = "`not-found`"),
    ),
    security(("bearer" = ["staff"])),
)]
pub(crate) async fn remove_seedling(
    State(state): State<AppState>,
    _: Staff,
    Path(id): Path<Uuid>,
) -> Result<StatusCode, Error> {
    match state.store.remove(id).await? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(Error::NotFound),
    }
}
