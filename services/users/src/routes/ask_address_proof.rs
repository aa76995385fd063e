//! `POST /v1/me/email/verification`: another letter to prove the account's address by.

use axum::extract::State;
use http::StatusCode;
use kit::identity;

use crate::{
    AppState, Error,
    link::{self, Purpose},
};

/// Sends a link that works once, for two days; nothing where the address is proven.
#[utoipa::path(
    post,
    path = "/v1/me/email/verification",
    tag = "me",
    responses((status = 202, description = "A letter goes out")),
    security(("bearer" = [])),
    extensions(("x-edge" = json!({ "throttle": { "rate_per_s": 0.05, "burst": 5 } }))),
)]
pub(crate) async fn ask_address_proof(
    State(state): State<AppState>,
    user: identity::User,
) -> Result<StatusCode, Error> {
    let user = state.store.find_user(user.id).await?;
    let user = user.ok_or(Error::NotFound)?;
    if !state.store.has_proven_address(user.id).await? {
        link::send(&state, &user, Purpose::ProveAddress, &user.email).await?;
    }
    Ok(StatusCode::ACCEPTED)
}
