//! `PUT /v1/products/{id}/image`: a new picture.

use axum::extract::State;
use kit::{
    http::{IfMatch, Path, RawBody},
    identity::Staff,
};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    AppState, Error,
    cache::Answer,
    images::{Kind, MAX_IMAGE},
    store::Change,
    views::{KnownVersion, OtherVersion, TheProduct},
};

/// The bytes of a picture.
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary)]
pub(crate) struct Picture(#[expect(dead_code, reason = "only described")] Vec<u8>);

/// Sets the picture: PNG, JPEG or WebP, told by its bytes, at most 2 MiB.
#[utoipa::path(
    put,
    path = "/v1/products/{id}/image",
    tag = "staff",
    params(("id" = Uuid, Path, description = "The product's id"), KnownVersion),
    request_body(content(
        (Picture = "application/octet-stream"),
        (Picture = "image/png"),
        (Picture = "image/jpeg"),
        (Picture = "image/webp"),
    )),
    responses(
        TheProduct,
        OtherVersion,
        (status = 413, description = "`body-too-large`"),
        (status = 415, description = "`unsupported-image`"),
    ),
    security(("bearer" = ["staff"])),
    extensions(("x-edge" = json!({ "body_limit": 2_162_688, "timeout_ms": 30_000 }))),
)]
pub(crate) async fn set_image(
    State(state): State<AppState>,
    _: Staff,
    known: IfMatch,
    Path(id): Path<Uuid>,
    RawBody(body): RawBody,
) -> Result<Answer, Error> {
    if body.len() > MAX_IMAGE {
        return Err(Error::ImageTooLarge);
    }
    let kind = Kind::sniff(&body).ok_or(Error::UnsupportedImage)?;
    // What is refused leaves no file behind; the change looks again.
    let present = state.store.find(&id.to_string()).await?;
    let seen = state.seen(known);
    if !seen(&present.ok_or(Error::NotFound)?) {
        return Err(Error::Changed);
    }

    let images = state.images.clone();
    let kept = tokio::task::spawn_blocking(move || images.put(&body, kind)).await;
    let kept = kept.map_err(|fault| Error::Internal(fault.into()))?;
    let image = kept.map_err(|fault| Error::Unavailable(fault.into()))?;
    let product = state.store.change(id, seen, Change::Image(image)).await?;
    Ok(state.detail(product))
}
