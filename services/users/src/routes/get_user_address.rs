//! `GET /internal/users/{user_id}/addresses/{id}`: where a neighbour shall send an order.

use axum::{Json, extract::State};
use kit::http::Path;
use uuid::Uuid;

use crate::{AppState, Error, address::Address};

/// An address of a user; 404 when it is not the user's.
pub(crate) async fn get_user_address(
    State(state): State<AppState>,
    Path((user_id, id)): Path<(Uuid, Uuid)>,
) -> Result<Json<Address>, Error> {
    state
        .store
        .find_address(user_id, id)
        .await?
        .map(Json)
        .ok_or(Error::NotFound)
}
