//! `DELETE /v1/people/{id}/second-factors`: for who has lost the phone, and the recovery codes with it.

use axum::extract::State;
use http::{HeaderMap, StatusCode};
use kit::http::{Path, Query};
use uuid::Uuid;

use crate::{AppState, Error, audit::Action, fresh::FreshManager, routes::why::Why};

/// Removes app, passkeys and recovery codes of an account, so that the password alone signs in. Its owner is told by
/// letter.
#[utoipa::path(
    delete,
    path = "/v1/people/{id}/second-factors",
    tag = "people",
    params(
        ("id" = Uuid, Path, description = "The person's id"),
        Why,
    ),
    responses(
        (status = 204, description = "There are none"),
        (status = 401, description = "`step-up-required`"),
        (status = 409, description = "`own-account`"),
    ),
    security(("bearer" = ["manager"])),
)]
pub(crate) async fn reset_second_factors(
    State(state): State<AppState>,
    FreshManager(manager): FreshManager,
    headers: HeaderMap,
    Path(id): Path<Uuid>,
    Query(why): Query<Why>,
) -> Result<StatusCode, Error> {
    let by = why.by(&manager, &headers);
    state.do_to(id, Action::ResetFactors, by).await?;
    Ok(StatusCode::NO_CONTENT)
}
