//! `GET /v1/people/{id}`: an account, for managers. It tells no secret, and not where its owner lives.

use axum::{Json, extract::State};
use jiff::Timestamp;
use kit::{http::Path, identity};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{AppState, Error, store::Factors};

/// Somebody's account.
#[derive(Serialize, ToSchema)]
pub(crate) struct Person {
    id: Uuid,
    #[schema(example = "rose@garden.example")]
    email: String,
    #[schema(example = "Rose")]
    name: String,
    /// `customer`, `staff` for those who work for the shop, and `manager` for those who look after people.
    #[schema(example = json!(["customer"]))]
    groups: Vec<&'static str>,
    #[serde(serialize_with = "kit::http::milliseconds")]
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// What is known of how the account is entered; left out where a directory elsewhere keeps that.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    entry: Option<WaysIn>,
}

/// How an account is entered.
#[derive(Serialize, ToSchema)]
pub(crate) struct WaysIn {
    /// Whether the owner has proven that the address is theirs.
    email_proven: bool,
    /// How many devices are signed in.
    sessions: usize,
    /// Whether an app makes codes for it.
    totp: bool,
    /// How many passkeys it has.
    passkeys: usize,
    /// How many recovery codes are left.
    recovery_codes: i64,
}

/// Tells of an account what its owner may ask a manager about.
#[utoipa::path(
    get,
    path = "/v1/people/{id}",
    tag = "people",
    params(("id" = Uuid, Path, description = "The person's id")),
    responses((status = 200, description = "The account", body = Person)),
    security(("bearer" = ["manager"])),
)]
pub(crate) async fn get_person(
    State(state): State<AppState>,
    _: identity::Manager,
    Path(id): Path<Uuid>,
) -> Result<Json<Person>, Error> {
    let user = state.store.find_user(id).await?.ok_or(Error::NotFound)?;
    let entry = match state.directory {
        Some(_) => None,
        None => Some(ways_in(&state, id).await?),
    };
    Ok(Json(Person {
        id,
        email: user.email.as_str().to_owned(),
        name: user.name.as_str().to_owned(),
        groups: user.groups().to_vec(),
        created_at: user.created_at,
        entry,
    }))
}

async fn ways_in(state: &AppState, id: Uuid) -> Result<WaysIn, Error> {
    let Factors {
        totp_added_at,
        recovery_codes,
        passkeys,
    } = state.store.list_factors(id).await?;
    Ok(WaysIn {
        email_proven: state.store.has_proven_address(id).await?,
        sessions: state.store.list_places(id, state.clock.now()).await?.len(),
        totp: totp_added_at.is_some(),
        passkeys: passkeys.len(),
        recovery_codes,
    })
}
