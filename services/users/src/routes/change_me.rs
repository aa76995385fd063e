//! `PATCH /v1/me`: another name.

use axum::{Json, extract::State};
use kit::{
    http::{Faults, Parse, ValidJson},
    identity,
};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    AppState, Error,
    routes::get_me::Me,
    user::{Name, NameLine},
};

/// What may be changed.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangeMe {
    /// A name to be greeted by.
    name: NameLine,
}

/// Changes the profile.
#[utoipa::path(
    patch,
    path = "/v1/me",
    tag = "me",
    request_body = ChangeMe,
    responses((status = 200, description = "The profile", body = Me)),
    security(("bearer" = [])),
)]
pub(crate) async fn change_me(
    State(state): State<AppState>,
    caller: identity::User,
    ValidJson(name): ValidJson<ChangeMe>,
) -> Result<Json<Me>, Error> {
    let user = state
        .store
        .rename_user(caller.id, &name)
        .await?
        .ok_or(Error::NotFound)?;
    Ok(Json(Me::of(&state, &user, caller.by_two_factors)))
}

impl Parse for ChangeMe {
    type Valid = Name;

    fn parse(self, faults: &mut Faults) -> Option<Name> {
        faults.field("/name", Name::parse(self.name.as_sent()))
    }
}
