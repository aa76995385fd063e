//! `PUT /v1/me/addresses/{id}`: an address, corrected.

use axum::{Json, extract::State};
use kit::{
    http::{Path, ValidJson},
    identity,
};
use uuid::Uuid;

use crate::{
    AppState, Error,
    address::{AddressBody, AddressView},
};

/// Replaces an address of the book. Orders keep the address that they were placed with.
#[utoipa::path(
    put,
    path = "/v1/me/addresses/{id}",
    tag = "me",
    params(("id" = Uuid, Path, description = "The address's id")),
    request_body = AddressBody,
    responses((status = 200, description = "The address", body = AddressView)),
    security(("bearer" = [])),
)]
pub(crate) async fn replace_address(
    State(state): State<AppState>,
    user: identity::User,
    Path(id): Path<Uuid>,
    ValidJson(address): ValidJson<AddressBody>,
) -> Result<Json<AddressView>, Error> {
    state.store.replace_address(user.id, id, &address).await?;
    Ok(Json((id, address).into()))
}
