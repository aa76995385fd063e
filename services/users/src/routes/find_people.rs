//! `GET /v1/people`: accounts by the beginning of an address or a name, for managers.

use axum::{Json, extract::State};
use jiff::Timestamp;
use kit::{
    http::{Cursor, Limit, Line, List, Problem, Query},
    identity,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::{AppState, people::Search, user::User};

/// Whom to look for.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct FindPeople {
    /// How the address or the name begins, in upper or lower case.
    #[param(inline, value_type = Line<1, 254>, example = "rose")]
    q: Search,
    /// `next_cursor` of the page before.
    #[param(value_type = Option<String>)]
    cursor: Option<Cursor>,
    /// How many, 24 unless told.
    #[serde(default)]
    #[param(value_type = Option<u32>, minimum = 1, maximum = 100)]
    limit: Limit,
}

/// Somebody with an account.
#[derive(Serialize, ToSchema)]
pub(crate) struct PersonView {
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
}

/// Finds people, the oldest account first.
#[utoipa::path(
    get,
    path = "/v1/people",
    tag = "people",
    params(FindPeople),
    responses((status = 200, description = "A page of people", body = List<PersonView>)),
    security(("bearer" = ["manager"])),
)]
pub(crate) async fn find_people(
    State(state): State<AppState>,
    _: identity::Manager,
    Query(asked): Query<FindPeople>,
) -> Result<Json<List<PersonView>>, Problem> {
    let after = asked.cursor.map(|cursor| cursor.decode()).transpose()?;
    let found = state
        .store
        .find_people(&asked.q, after, asked.limit.get() + 1)
        .await?;
    let found = List::from_rows(found, asked.limit, |user| user.id);
    Ok(Json(found.map(PersonView::from)))
}

impl From<User> for PersonView {
    fn from(user: User) -> Self {
        Self {
            id: user.id,
            email: user.email.as_str().to_owned(),
            name: user.name.as_str().to_owned(),
            groups: user.groups().to_vec(),
            created_at: user.created_at,
        }
    }
}
