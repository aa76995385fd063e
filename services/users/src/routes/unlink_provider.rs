//! `DELETE /v1/me/providers/{name}`.

use axum::extract::State;
use http::StatusCode;
use kit::http::Path;

use crate::{
    AppState, Error,
    fresh::Fresh,
    letter::{Kind, Letter},
};

/// Unlinks another provider from the signed-in user's account. Asks for a fresh proof of who calls. An account with
/// neither a password nor a passkey stays linked.
#[utoipa::path(
    delete,
    path = "/v1/me/providers/{name}",
    tag = "me",
    params(
        ("name" = String, Path, pattern = "^[a-z0-9_-]{1,32}$",
            description = "The provider's name", example = "example"),
    ),
    responses(
        (status = 204, description = "Unlinked"),
        (status = 401, description = "`step-up-required`"),
        (status = 409, description = "`last-way-in`"),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn unlink_provider(
    State(state): State<AppState>,
    Fresh(caller): Fresh,
    Path(name): Path<String>,
) -> Result<StatusCode, Error> {
    let user = state.store.find_user(caller.id).await?;
    let user = user.ok_or(Error::NotFound)?;
    let kind = Kind::ProviderUnlinked {
        provider: state.providers.label(&name),
    };
    let event = state.letters.event(&user, &Letter::to(&user, kind));
    state.store.unlink_provider(user.id, &name, event).await?;
    tracing::info!(user_id = %user.id, provider = name, "an account is no longer linked");
    Ok(StatusCode::NO_CONTENT)
}
