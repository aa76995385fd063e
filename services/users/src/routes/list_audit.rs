//! `GET /v1/audit`: what was done to accounts by others than their owners, for managers.

use axum::{Json, extract::State};
use jiff::Timestamp;
use kit::{
    http::{Cursor, Limit, List, Problem, Query},
    identity,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::{
    AppState,
    audit::{Named, Reason},
    group::Group,
    user::Name,
};

/// Which entries.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListAudit {
    /// Only what was done to this person.
    person: Option<Uuid>,
    /// `next_cursor` of the page before.
    #[param(value_type = Option<String>)]
    cursor: Option<Cursor>,
    /// How many, 24 unless told.
    #[serde(default)]
    #[param(value_type = Option<u32>, minimum = 1, maximum = 100)]
    limit: Limit,
}

/// An entry of the audit log.
#[derive(Serialize, ToSchema)]
pub(crate) struct EntryView {
    id: Uuid,
    #[serde(serialize_with = "kit::http::milliseconds")]
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// The manager who did it; null where it was done by a command.
    #[schema(required)]
    actor: Option<Somebody>,
    /// `give-group`, `take-group`, `end-sessions` or `reset-second-factors`.
    #[schema(example = "take-group")]
    action: &'static str,
    /// The group that was given or taken.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    group: Option<Group>,
    /// To whom it was done.
    person: Somebody,
    /// The network that it came from; `console` for a command.
    #[schema(example = "203.0.113.0/24")]
    network: String,
    /// Why, in the manager's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, example = "Left the shop")]
    reason: Option<String>,
}

/// Somebody who has or had an account.
#[derive(Serialize, ToSchema)]
pub(crate) struct Somebody {
    id: Uuid,
    /// The name; left out where the account is gone.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, example = "Rose")]
    name: Option<String>,
}

/// Lists the audit log, the newest entry first.
#[utoipa::path(
    get,
    path = "/v1/audit",
    tag = "people",
    params(ListAudit),
    responses((status = 200, description = "A page of entries", body = List<EntryView>)),
    security(("bearer" = ["manager"])),
)]
pub(crate) async fn list_audit(
    State(state): State<AppState>,
    _: identity::Manager,
    Query(asked): Query<ListAudit>,
) -> Result<Json<List<EntryView>>, Problem> {
    let before = asked.cursor.map(|cursor| cursor.decode()).transpose()?;
    let entries = state
        .store
        .list_audit(asked.person, before, asked.limit.get() + 1)
        .await?;
    let entries = List::from_rows(entries, asked.limit, |it| it.entry.id);
    Ok(Json(entries.map(EntryView::from)))
}

impl From<Named> for EntryView {
    fn from(
        Named {
            entry,
            actor,
            person,
        }: Named,
    ) -> Self {
        let somebody = |id, name: Option<Name>| Somebody {
            id,
            name: name.map(|name| name.as_str().to_owned()),
        };
        Self {
            id: entry.id,
            at: entry.at,
            actor: entry.actor.map(|id| somebody(id, actor)),
            action: entry.action.as_str(),
            group: entry.action.group(),
            person: somebody(entry.person, person),
            network: entry.network,
            reason: entry
                .reason
                .as_ref()
                .map(|it| Reason::as_str(it).to_owned()),
        }
    }
}
