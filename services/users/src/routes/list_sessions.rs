//! `GET /v1/me/sessions`: where the user is signed in.

use axum::{Json, extract::State};
use jiff::Timestamp;
use kit::identity;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    AppState, Error,
    session::{self, Place},
};

/// Where a user is signed in, the last used first, at most 50.
#[derive(Serialize, ToSchema)]
pub(crate) struct Sessions {
    items: Vec<SessionView>,
}

/// A session.
#[derive(Serialize, ToSchema)]
pub(crate) struct SessionView {
    id: Uuid,
    /// As the program that signed in calls itself; empty where it does not.
    #[schema(example = "Firefox on Linux")]
    device: String,
    /// The network that it signed in from; empty where it is not known.
    #[schema(example = "203.0.113.0/24")]
    network: String,
    #[serde(serialize_with = "kit::http::milliseconds")]
    #[schema(value_type = String, format = DateTime)]
    began_at: Timestamp,
    /// When it was last renewed; that happens every quarter of an hour while it is in use.
    #[serde(serialize_with = "kit::http::milliseconds")]
    #[schema(value_type = String, format = DateTime)]
    used_at: Timestamp,
    /// Whether this request belongs to it.
    is_current: bool,
}

/// Lists the signed-in user's sessions.
#[utoipa::path(
    get,
    path = "/v1/me/sessions",
    tag = "me",
    responses((status = 200, description = "Where the user is signed in", body = Sessions)),
    security(("bearer" = [])),
)]
pub(crate) async fn list_sessions(
    State(state): State<AppState>,
    user: identity::User,
) -> Result<Json<Sessions>, Error> {
    let places = state.store.list_places(user.id, state.clock.now()).await?;
    let items = views(places, user.session);
    Ok(Json(Sessions { items }))
}

/// Sessions as their owner sees them, from the `current` one.
pub(super) fn views(places: Vec<Place>, current: Option<Uuid>) -> Vec<SessionView> {
    let views = places.into_iter().map(|place| SessionView {
        id: place.family,
        device: place.device.name,
        network: place.device.network,
        began_at: session::began(place.family),
        used_at: place.used_at,
        is_current: current == Some(place.family),
    });
    views.collect()
}
