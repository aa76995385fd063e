//! `DELETE /v1/people/{id}/groups/{group}`: somebody no longer works for the shop.

use axum::extract::State;
use http::{HeaderMap, StatusCode};
use kit::http::{Path, Query};
use uuid::Uuid;

use crate::{AppState, Error, audit::Action, fresh::FreshManager, group::Group, routes::why::Why};

/// Takes a group away from an account, and with `staff` also `manager`. All its sessions end, so that access tokens
/// which name the group are refused within seconds. Its owner is told by letter.
#[utoipa::path(
    delete,
    path = "/v1/people/{id}/groups/{group}",
    tag = "people",
    params(
        ("id" = Uuid, Path, description = "The person's id"),
        ("group" = Group, Path, description = "The group"),
        Why,
    ),
    responses(
        (status = 204, description = "It is none of the group"),
        (status = 401, description = "`step-up-required`"),
        (status = 409, description = "`last-manager`, `own-account`"),
    ),
    security(("bearer" = ["manager"])),
)]
pub(crate) async fn take_group(
    State(state): State<AppState>,
    FreshManager(manager): FreshManager,
    headers: HeaderMap,
    Path((id, group)): Path<(Uuid, Group)>,
    Query(why): Query<Why>,
) -> Result<StatusCode, Error> {
    let by = why.by(&manager, &headers);
    state.do_to(id, Action::Take(group), by).await?;
    Ok(StatusCode::NO_CONTENT)
}
