//! `GET /v1/me/providers`: by which other providers the signed-in user's account is entered.

use axum::{Json, extract::State};
use jiff::Timestamp;
use kit::{http::List, identity};
use serde::Serialize;
use utoipa::ToSchema;

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
    let linked = state.store.list_linked(user.id).await?;
    let views = linked.into_iter().map(|it| LinkedView {
        label: state.providers.label(&it.provider),
        name: it.provider,
        added_at: it.linked_at,
        used_at: it.used_at,
    });
    Ok(Json(List::whole(views.collect())))
}
