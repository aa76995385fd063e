//! `POST /v1/seedlings`: a new seedling.

use axum::{
    Json,
    extract::State,
    response::{AppendHeaders, IntoResponse},
};
use http::{StatusCode, header};
use kit::{
    http::{Faults, IdempotencyKey, Parse, ValidJson},
    identity::Staff,
};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    AppState, Error,
    seedling::{Name, NameField, Seedling},
    views::SeedlingView,
};

/// A seedling to add.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "name": "The first" }))]
pub(crate) struct AddSeedling {
    /// What it is called.
    #[schema(value_type = String, min_length = 1, max_length = 80)]
    name: NameField,
}

/// Adds a seedling. Repeated with the same key it is answered as before.
#[utoipa::path(
    post,
    path = "/v1/seedlings",
    tag = "nursery",
    params(("Idempotency-Key" = String, Header, min_length = 1, max_length = 255,
        pattern = "^[!-~]([ -~]*[!-~])?$",
        description = "The caller's name for this intent, e.g. a new UUID")),
    request_body = AddSeedling,
    responses(
        (status = 201, description = "The seedling", body = SeedlingView,
            headers(("Location" = String, description = "Where the seedling is"))),
        (status = 422, description = "`invalid-body` or `key-reused`"),
    ),
    security(("bearer" = ["staff"])),
)]
pub(crate) async fn add_seedling(
    State(state): State<AppState>,
    _: Staff,
    key: IdempotencyKey,
    ValidJson(name): ValidJson<AddSeedling>,
) -> Result<impl IntoResponse, Error> {
    let seedling = state
        .store
        .add(&Seedling::new(name.clone()), key.as_str())
        .await?;
    if seedling.name != name {
        return Err(Error::KeyReused);
    }
    let location = format!("/v1/seedlings/{}", seedling.id);
    Ok((
        StatusCode::CREATED,
        AppendHeaders([(header::LOCATION, location)]),
        Json(SeedlingView::from(seedling)),
    ))
}

impl Parse for AddSeedling {
    type Valid = Name;

    fn parse(self, faults: &mut Faults) -> Option<Name> {
        faults.field("/name", Name::parse(self.name.as_sent()))
    }
}
