//! `PATCH /v1/me/passkeys/{id}`: another name.

use axum::extract::State;
use http::StatusCode;
use kit::{
    http::{Faults, Parse, Path, ValidJson},
    identity,
};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    AppState, Error,
    user::{Name, NameLine},
};

/// What may be changed.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RenamePasskey {
    /// What to call it.
    name: NameLine,
}

/// Renames a passkey.
#[utoipa::path(
    patch,
    path = "/v1/me/passkeys/{id}",
    tag = "second factors",
    params(("id" = Uuid, Path, description = "The passkey's id")),
    request_body = RenamePasskey,
    responses((status = 204, description = "Renamed")),
    security(("bearer" = [])),
)]
pub(crate) async fn rename_passkey(
    State(state): State<AppState>,
    user: identity::User,
    Path(id): Path<Uuid>,
    ValidJson(name): ValidJson<RenamePasskey>,
) -> Result<StatusCode, Error> {
    state.store.rename_passkey(user.id, id, &name).await?;
    Ok(StatusCode::NO_CONTENT)
}

impl Parse for RenamePasskey {
    type Valid = Name;

    fn parse(self, faults: &mut Faults) -> Option<Name> {
        faults.field("/name", Name::parse(self.name.as_sent()))
    }
}
