//! `POST /v1/reports/queries`: SQL of the staff.
//!
//! The query is noted with who asks before it runs, and how it ended after: a query that is not in the log was not
//! asked.

use std::time::Instant;

use axum::{Json, extract::State};
use jiff::Timestamp;
use kit::{
    http::{Faults, Parse, ValidJson},
    identity,
};
use metrics::counter;
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    AppState, Error,
    reader::{MAX_SQL, Table},
    store::{Asked, Ended},
};

/// A query.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RunQuery {
    /// One `select` on the tables of the star, in the database's own SQL.
    #[schema(
        min_length = 1,
        max_length = 10_000,
        pattern = "^[^\\x00]*$",
        example = "select status, count(*) as orders from fact_orders group by status"
    )]
    sql: String,
}

/// Answers a query: one `select` on `fact_orders`, `fact_lines`, `dim_products`, `dim_customers`, `dim_days` and
/// `events_taken`. It has 5 s; 10,000 rows and 4 MiB are answered at most. Who asked what is logged for a year.
#[utoipa::path(
    post,
    path = "/v1/reports/queries",
    tag = "reports",
    request_body = RunQuery,
    responses(
        (status = 200, description = "The answer", body = Table),
        (status = 422, description = "`query-refused`, in the database's words; `query-too-costly`; or `invalid-body`"),
        (status = 429, description = "`too-many-queries`: see `Retry-After`"),
        (status = 503, description = "`unavailable`: also where no role is set for queries"),
    ),
    security(("bearer" = ["staff"])),
    extensions(("x-edge" = json!({ "timeout_ms": 15000 }))),
)]
pub(crate) async fn run_query(
    State(state): State<AppState>,
    identity::Staff(user): identity::Staff,
    ValidJson(sql): ValidJson<RunQuery>,
) -> Result<Json<Table>, Error> {
    let reader = state.reader.as_ref();
    let reader = reader.ok_or_else(|| Error::Unavailable("no role is set for queries".into()))?;
    let queries = &state.queries;
    let _running = queries.try_acquire().map_err(|_| Error::TooManyQueries)?;
    let asked = Asked {
        id: Uuid::now_v7(),
        asked_by: user.id,
        at: Timestamp::now(),
        sql,
        ended: None,
    };
    state.store.note(&asked).await?;
    tracing::info!(query = %asked.id, user = %user.id, "a query is asked");

    let started = Instant::now();
    let answer = reader.read(&asked.sql).await;
    let outcome = outcome(&answer);
    counter!("reports_queries_total", "outcome" => outcome).increment(1);
    let ended = Ended {
        outcome: outcome.to_owned(),
        rows: answer.as_ref().map_or(0, |table| table.rows.len()) as i64,
        took_ms: started.elapsed().as_millis().try_into().unwrap_or(i64::MAX),
    };
    state.store.note_end(asked.id, &ended).await?;
    answer.map(Json)
}

/// There from the start, so that a dashboard sees the first one too.
pub(crate) fn describe() {
    for outcome in ["answered", "truncated", "refused", "too-costly", "failed"] {
        counter!("reports_queries_total", "outcome" => outcome).increment(0);
    }
}

/// How a query ended.
fn outcome(answer: &Result<Table, Error>) -> &'static str {
    match answer {
        Ok(table) if table.is_truncated => "truncated",
        Ok(_) => "answered",
        Err(Error::QueryRefused(_)) => "refused",
        Err(Error::QueryTooCostly) => "too-costly",
        Err(
            Error::Problem(_)
            | Error::BadPeriod
            | Error::TooManyQueries
            | Error::Unavailable(_)
            | Error::Internal(_),
        ) => "failed",
    }
}

impl Parse for RunQuery {
    type Valid = String;

    fn parse(self, faults: &mut Faults) -> Option<String> {
        let length = self.sql.chars().count();
        if length == 0 || length > MAX_SQL {
            faults.add("/sql", format_args!("has 1 to {MAX_SQL} characters"));
        }
        if self.sql.contains('\0') {
            faults.add("/sql", "has no character U+0000");
        }
        Some(self.sql)
    }
}
