//! `GET /v1/me`: the signed-in user.

use axum::{Json, extract::State};
use kit::identity;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{AppState, Error, user::User};

/// The signed-in user.
#[derive(Serialize, ToSchema)]
pub(crate) struct Me {
    id: Uuid,
    #[schema(example = "rose@garden.example")]
    email: String,
    #[schema(example = "Rose")]
    name: String,
    /// `customer`, `staff` for those who work for the shop, and `manager` for those who look after people.
    #[schema(example = json!(["customer"]))]
    groups: Vec<&'static str>,
    /// True for one who works for the shop, and is a customer only until they sign in with a second
    /// factor.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[schema(required = false)]
    needs_second_factor: bool,
}

/// The signed-in user's profile.
#[utoipa::path(
    get,
    path = "/v1/me",
    tag = "me",
    responses((status = 200, description = "The profile", body = Me)),
    security(("bearer" = [])),
)]
pub(crate) async fn get_me(
    State(state): State<AppState>,
    caller: identity::User,
) -> Result<Json<Me>, Error> {
    let user = state
        .store
        .find_user(caller.id)
        .await?
        .ok_or(Error::NotFound)?;
    Ok(Json(Me::of(&state, &user, caller.by_two_factors)))
}

impl Me {
    /// A user who proved so who they are.
    pub(crate) fn of(state: &AppState, user: &User, by_two_factors: bool) -> Self {
        let groups = state.groups(user, by_two_factors);
        Self {
            id: user.id,
            email: user.email.as_str().to_owned(),
            name: user.name.as_str().to_owned(),
            groups: groups.to_vec(),
            needs_second_factor: user.is_staff && !groups.contains(&"staff"),
        }
    }
}
