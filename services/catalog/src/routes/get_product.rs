//! `GET /v1/products/{id}`: one product, by id or slug.

use axum::extract::State;
use http::Uri;
use kit::http::Path;

use crate::{AppState, Error, cache::Answer, product::Product, views::TheProduct};

/// One product. The `ETag` is what a change has to name.
#[utoipa::path(
    get,
    path = "/v1/products/{id}",
    tag = "products",
    params((
        "id" = String,
        Path,
        description = "The product's id or slug",
        pattern = "^[0-9A-Za-z-]+$",
        example = "monstera",
    )),
    responses(TheProduct),
    extensions(("x-edge" = json!({
        "cache": {
            "ttl_s": 30, "scope": "public", "tags": ["products"],
            "stale_while_revalidate_s": 30, "stale_if_error_s": 300
        },
        "deprecation": {
            "since": "2026-12-01", "sunset": "2028-01-01", "successor": "/v2/products/{id}"
        }
    }))),
)]
#[deprecated = "GET /v2/products/{id} follows it"]
pub(crate) async fn get_product(
    State(state): State<AppState>,
    uri: Uri,
    Path(id): Path<String>,
) -> Result<Answer, Error> {
    find(&state, &uri, &id, AppState::detail).await
}

/// What every version does; they differ in how they show it.
pub(super) async fn find(
    state: &AppState,
    uri: &Uri,
    id: &str,
    show: impl FnOnce(&AppState, Product) -> Answer,
) -> Result<Answer, Error> {
    let answer = state.answers.get_or(uri.path(), async || {
        let product = state.store.find(id).await?.ok_or(Error::NotFound)?;
        Ok(show(state, product))
    });
    answer.await
}
