//! `GET /v1/seedlings/{id}`: one seedling.

use axum::{Json, extract::State};
use kit::http::Path;
use uuid::Uuid;

use crate::{AppState, Error, views::SeedlingView};

/// One seedling.
#[utoipa::path(
    get,
    path = "/v1/seedlings/{id}",
    tag = "nursery",
    params(("id" = Uuid, Path, description = "The seedling's id")),
    responses(
        (status = 200, description = "The seedling", body = SeedlingView),
        (status = 404, description = "`not-found`"),
    ),
)]
pub(crate) async fn get_seedling(
    State(state): State<AppState>,
    Path(id): Path<Uuid>,
) -> Result<Json<SeedlingView>, Error> {
    let seedling = state.store.find(id).await?.ok_or(Error::NotFound)?;
    Ok(Json(seedling.into()))
}
