//! `DELETE /v1/people/{id}/sessions`: signs somebody out everywhere.

use axum::extract::State;
use http::{HeaderMap, StatusCode};
use kit::http::{Path, Query};
use uuid::Uuid;

use crate::{AppState, Error, audit::Action, fresh::FreshManager, routes::why::Why};

/// Ends all sessions of an account. Their access tokens are refused within seconds.
#[utoipa::path(
    delete,
    path = "/v1/people/{id}/sessions",
    tag = "people",
    params(
        ("id" = Uuid, Path, description = "The person's id"),
        Why,
    ),
    responses(
        (status = 204, description = "They have ended"),
        (status = 401, description = "`step-up-required`"),
        (status = 409, description = "`own-account`"),
    ),
    security(("bearer" = ["manager"])),
)]
pub(crate) async fn end_sessions(
    State(state): State<AppState>,
    FreshManager(manager): FreshManager,
    headers: HeaderMap,
    Path(id): Path<Uuid>,
    Query(why): Query<Why>,
) -> Result<StatusCode, Error> {
    let by = why.by(&manager, &headers);
    state.do_to(id, Action::EndSessions, by).await?;
    Ok(StatusCode::NO_CONTENT)
}
