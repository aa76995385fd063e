//! `GET /v1/seedlings`: all seedlings, page by page.

use axum::{Json, extract::State};
use kit::http::{Cursor, Limit, List, Query};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::{AppState, Error, views::SeedlingView};

/// Which page.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListSeedlings {
    /// `next_cursor` of the page before.
    #[param(value_type = Option<String>)]
    cursor: Option<Cursor>,
    /// How many, 24 unless told.
    #[serde(default)]
    #[param(value_type = Option<u32>, minimum = 1, maximum = 100)]
    limit: Limit,
}

/// Lists seedlings, newest first.
#[utoipa::path(
    get,
    path = "/v1/seedlings",
    tag = "nursery",
    params(ListSeedlings),
    responses((status = 200, description = "A page of seedlings", body = List<SeedlingView>)),
)]
pub(crate) async fn list_seedlings(
    State(state): State<AppState>,
    Query(page): Query<ListSeedlings>,
) -> Result<Json<List<SeedlingView>>, Error> {
    let before = page.cursor.map(|cursor| cursor.decode()).transpose()?;
    let found = state.store.list(before, page.limit.get() + 1).await?;
    let found = List::from_rows(found, page.limit, |seedling| seedling.id);
    Ok(Json(found.map(SeedlingView::from)))
}
