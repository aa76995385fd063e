//! `DELETE /v1/me/sessions`: signs out everywhere else.

use axum::extract::State;
use http::StatusCode;
use kit::identity;

use crate::{AppState, Error};

/// Ends all sessions of the signed-in user but the one that asks.
#[utoipa::path(
    delete,
    path = "/v1/me/sessions",
    tag = "me",
    responses((status = 204, description = "They have ended")),
    security(("bearer" = [])),
)]
pub(crate) async fn end_other_sessions(
    State(state): State<AppState>,
    user: identity::User,
) -> Result<StatusCode, Error> {
    state.store.end_places(user.id, user.session).await?;
    Ok(StatusCode::NO_CONTENT)
}
