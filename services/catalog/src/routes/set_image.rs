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
    images::MAX_IMAGE,
    photo,
    store::Change,
    views::{KnownVersion, OtherVersion, TheProduct},
};

/// The bytes of a picture.
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary)]
pub(crate) struct Picture(#[expect(dead_code, reason = "only described")] Vec<u8>);

/// Sets the picture: PNG, JPEG or WebP, told by its bytes, at most 10 MiB and 25 million pixels. It
/// is shown upright, in the widths of `images`, and without what the camera noted in it.
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
    extensions(("x-edge" = json!({
        "body_limit": 10_551_296, "timeout_ms": 30_000, "purge": ["products"]
    }))),
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
    // What no version could take is refused before the version is asked for (RFC 9110 §13.2.1).
    if !photo::is_of_a_known_kind(&body) {
        return Err(Error::UnsupportedImage);
    }
    // What is refused leaves no file behind; the change looks again.
    let present = state.store.find(&id.to_string()).await?;
    let seen = state.seen(known);
    if !seen(&present.ok_or(Error::NotFound)?) {
        return Err(Error::Changed);
    }

    let image = state.images.take(body).await?;
    let product = state.store.change(id, seen, Change::Image(image)).await?;
    Ok(state.detail(product))
}
