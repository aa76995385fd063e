//! `PUT /v1/people/{id}/groups/{group}`: makes somebody one of those who work for the shop.

use axum::extract::State;
use http::{HeaderMap, StatusCode};
use kit::http::{Path, Query};
use uuid::Uuid;

use crate::{AppState, Error, audit::Action, fresh::FreshManager, group::Group, routes::why::Why};

/// Makes an account one of a group, from its next access token on. A manager is one of the staff as well. Its owner is
/// told by letter.
#[utoipa::path(
    put,
    path = "/v1/people/{id}/groups/{group}",
    tag = "people",
    params(
        ("id" = Uuid, Path, description = "The person's id"),
        ("group" = Group, Path, description = "The group"),
        Why,
    ),
    responses(
        (status = 204, description = "It is one of the group"),
        (status = 401, description = "`step-up-required`"),
        (status = 409, description = "`own-account`"),
    ),
    security(("bearer" = ["manager"])),
)]
pub(crate) async fn give_group(
    State(state): State<AppState>,
    FreshManager(manager): FreshManager,
    headers: HeaderMap,
    Path((id, group)): Path<(Uuid, Group)>,
    Query(why): Query<Why>,
) -> Result<StatusCode, Error> {
    let by = why.by(&manager, &headers);
    state.do_to(id, Action::Give(group), by).await?;
    Ok(StatusCode::NO_CONTENT)
}
