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
    /// `customer`, and `staff` for those who work for the shop.
    #[schema(example = json!(["customer"]))]
    groups: Vec<String>,
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
    user: identity::User,
) -> Result<Json<Me>, Error> {
    let user = state
        .store
        .find_user(user.id)
        .await?
        .ok_or(Error::NotFound)?;
    Ok(Json(Me::from(&user)))
}

impl From<&User> for Me {
    fn from(user: &User) -> Self {
        Self {
            id: user.id,
            email: user.email.as_str().to_owned(),
            name: user.name.as_str().to_owned(),
            groups: user
                .groups()
                .iter()
                .map(|group| (*group).to_owned())
                .collect(),
        }
    }
}
