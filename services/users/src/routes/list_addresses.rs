//! `GET /v1/me/addresses`: the address book.

use axum::{Json, extract::State};
use kit::{http::List, identity};

use crate::{AppState, Error, address::AddressView};

/// The signed-in user's addresses, oldest first, at most 20.
#[utoipa::path(
    get,
    path = "/v1/me/addresses",
    tag = "me",
    responses((status = 200, description = "The addresses", body = List<AddressView>)),
    security(("bearer" = [])),
)]
pub(crate) async fn list_addresses(
    State(state): State<AppState>,
    user: identity::User,
) -> Result<Json<List<AddressView>>, Error> {
    let addresses = state.store.list_addresses(user.id).await?;
    Ok(Json(List::whole(
        addresses.into_iter().map(AddressView::from).collect(),
    )))
}
