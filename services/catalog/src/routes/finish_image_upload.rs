//! `POST /v1/products/{id}/image-uploads/{name}/finish`: the picture that a browser has sent.

use axum::extract::State;
use kit::{http::Path, identity::Staff};
use uuid::Uuid;

use crate::{AppState, Error, cache::Answer, upload::Upload, views::TheProduct};

/// Makes a file that was sent the product's picture, as `PUT /v1/products/{id}/image` does. It is done without
/// this call too, within moments; who calls learns what became of it. Repeatable.
#[utoipa::path(
    post,
    path = "/v1/products/{id}/image-uploads/{name}/finish",
    tag = "staff",
    params(
        ("id" = Uuid, Path, description = "The product's id"),
        (
            "name" = String,
            Path,
            description = "The upload's name",
            pattern = "^[0-9a-f]{24}-[0-9a-f]{32}$",
        ),
    ),
    responses(
        TheProduct,
        (status = 409, description = "`no-direct-uploads`"),
        (status = 412, description = "`precondition-failed`: the product has got another picture meanwhile"),
        (status = 413, description = "`body-too-large`"),
        (status = 415, description = "`unsupported-image`"),
    ),
    security(("bearer" = ["staff"])),
    extensions(("x-edge" = json!({ "timeout_ms": 29_000, "purge": ["products"] }))),
)]
pub(crate) async fn finish_image_upload(
    State(state): State<AppState>,
    _: Staff,
    Path((id, name)): Path<(Uuid, String)>,
) -> Result<Answer, Error> {
    let upload = Upload::named(id, &name).ok_or(Error::NotFound)?;
    let product = state.finish(&upload).await?;
    Ok(state.detail(product))
}
