//! `GET /v1/products/{id}`: one product, by id or slug.

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use kit::http::{ETag, Path};

use crate::{
    AppState, Error,
    product::DetailView,
    routes::list_products::{json, kept_json},
};

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
    responses((
        status = 200,
        description = "The product",
        body = DetailView,
        headers(("ETag" = String, description = "The version, for `If-Match`")),
    )),
)]
pub(crate) async fn get_product(
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Result<Response, Error> {
    let answer = state.answers.get_or(format!("product {id}"), async || {
        let product = state.store.find(&id).await?.ok_or(Error::NotFound)?;
        let version = product.version;
        Ok::<_, Error>((json(&DetailView::from(product)), version))
    });
    let (body, version) = answer.await?;
    Ok((ETag(version), kept_json(body)).into_response())
}
