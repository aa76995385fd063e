//! `POST /v1/me/addresses`: a new address.

use axum::{Json, extract::State};
use http::StatusCode;
use kit::{http::ValidJson, identity};
use uuid::Uuid;

use crate::{
    AppState, Error,
    address::{AddressBody, AddressView},
};

/// Adds an address to the book.
#[utoipa::path(
    post,
    path = "/v1/me/addresses",
    tag = "me",
    request_body = AddressBody,
    responses(
        (status = 201, description = "The address", body = AddressView),
        (status = 409, description = "`too-many-addresses`"),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn add_address(
    State(state): State<AppState>,
    user: identity::User,
    ValidJson(address): ValidJson<AddressBody>,
) -> Result<(StatusCode, Json<AddressView>), Error> {
    let id = Uuid::now_v7();
    state.store.insert_address(user.id, id, &address).await?;
    Ok((StatusCode::CREATED, Json((id, address).into())))
}
