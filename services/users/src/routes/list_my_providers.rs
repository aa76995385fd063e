//! `GET /v1/me/providers`: by which other providers the signed-in user's account is entered.

use axum::{Json, extract::State};
use jiff::Timestamp;
use kit::{http::List, identity};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{AppState, Error};

/// An identity at another provider.
#[derive(Serialize, ToSchema)]
pub(crate) struct LinkedView {
    /// The provider, in paths.
    #[schema(example = "example")]
    name: String,
    /// The provider, for people.
    #[schema(example = "Example ID")]
    label: String,
    #[serde(serialize_with = "kit::http::milliseconds")]
    #[schema(value_type = String, format = DateTime)]
    added_at: Timestamp,
    /// When it was last signed in by; left out before the first time.
    #[serde(
        serialize_with = "super::list_second_factors::last_used",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(value_type = Option<String>, format = DateTime)]
    used_at: Option<Timestamp>,
}

/// Lists the signed-in user's identities at other providers.
#[utoipa::path(
    get,
    path = "/v1/me/providers",
    tag = "me",
    responses((status = 200, description = "The identities", body = List<LinkedView>)),
    security(("bearer" = [])),
)]
pub(crate) async fn list_my_providers(
    State(state): State<AppState>,
    user: identity::User,
) -> Result<Json<List<LinkedView>>, Error> {
    Ok(Json(List::whole(linked_views(&state, user.id).await?)))
}

/// The user's identities, with the labels of today.
pub(super) async fn linked_views(
    state: &AppState,
    user_id: Uuid,
) -> Result<Vec<LinkedView>, Error> {
    let linked = state.store.list_linked(user_id).await?;
    let views = linked.into_iter().map(|it| LinkedView {
        label: state.providers.label(&it.provider),
        name: it.provider,
        added_at: it.linked_at,
        used_at: it.used_at,
    });
    Ok(views.collect())
}
