//! `DELETE /v1/me/sessions/{id}`: signs out somewhere else.

use axum::extract::State;
use http::StatusCode;
use kit::{http::Path, identity};
use uuid::Uuid;

use crate::{AppState, Error};

/// Ends a session of the signed-in user. Its access tokens are refused within seconds.
#[utoipa::path(
    delete,
    path = "/v1/me/sessions/{id}",
    tag = "me",
    params(("id" = Uuid, Path, description = "The session's id")),
    responses((status = 204, description = "It has ended")),
    security(("bearer" = [])),
)]
pub(crate) async fn end_session(
    State(state): State<AppState>,
    user: identity::User,
    Path(id): Path<Uuid>,
) -> Result<StatusCode, Error> {
    state.store.end_place(user.id, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
