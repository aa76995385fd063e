//! `GET /v1/reports/queries`: who asked what.

use axum::{Json, extract::State};
use jiff::Timestamp;
use kit::{
    http::{Cursor, Limit, List, Query},
    identity,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::{AppState, Error, store::Asked};

/// Which queries.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListQueries {
    /// `next_cursor` of the page before.
    #[param(value_type = Option<String>)]
    cursor: Option<Cursor>,
    /// How many, 24 unless told.
    #[serde(default)]
    #[param(value_type = Option<u32>, minimum = 1, maximum = 100)]
    limit: Limit,
}

/// A query that was asked.
#[derive(Serialize, ToSchema)]
#[schema(as = AskedQuery)]
pub(crate) struct AskedView {
    id: Uuid,
    /// Which of the staff asked.
    asked_by: Uuid,
    #[serde(serialize_with = "kit::http::milliseconds")]
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// The query, as it was written.
    #[schema(example = "select count(*) from fact_orders")]
    sql: String,
    /// `answered`, `truncated`, `refused`, `too-costly` or `failed`; null while it runs, and where it never ended.
    #[schema(required, example = "answered")]
    outcome: Option<String>,
    /// How many rows were answered.
    #[schema(required, minimum = 0)]
    rows: Option<i64>,
    /// How long it took, in milliseconds.
    #[schema(required, minimum = 0)]
    took_ms: Option<i64>,
}

/// The queries of the last year and who asked them, newest first.
#[utoipa::path(
    get,
    path = "/v1/reports/queries",
    tag = "reports",
    params(ListQueries),
    responses((status = 200, description = "A page of queries", body = List<AskedView>)),
    security(("bearer" = ["staff"])),
)]
pub(crate) async fn list_queries(
    State(state): State<AppState>,
    _: identity::Staff,
    Query(page): Query<ListQueries>,
) -> Result<Json<List<AskedView>>, Error> {
    let before = page.cursor.map(|cursor| cursor.decode()).transpose()?;
    let asked = state.store.asked(before, page.limit.get() + 1).await?;
    let asked = List::from_rows(asked, page.limit, |asked| asked.id);
    Ok(Json(asked.map(AskedView::from)))
}

impl From<Asked> for AskedView {
    fn from(asked: Asked) -> Self {
        let ended = asked.ended;
        Self {
            id: asked.id,
            asked_by: asked.asked_by,
            at: asked.at,
            sql: asked.sql,
            rows: ended.as_ref().map(|it| it.rows),
            took_ms: ended.as_ref().map(|it| it.took_ms),
            outcome: ended.map(|it| it.outcome),
        }
    }
}
