//! `POST /v1/products/{id}/image-uploads`: how a browser sends a new picture by itself.

use axum::{Json, extract::State};
use http::StatusCode;
use kit::{
    http::{Faults, IfMatch, Parse, Path, ValidJson},
    identity::Staff,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    AppState, Error,
    images::{Kind, MAX_IMAGE},
    upload::{Offer, Upload},
    views::{KnownVersion, OtherVersion},
};

/// The file to send.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BeginImageUpload {
    /// What it is.
    media_type: MediaType,
    /// Its bytes; 10 MiB at most.
    #[serde(deserialize_with = "kit::http::integer")]
    #[schema(minimum = 1, maximum = 10_485_760, example = 48_213)]
    size: i64,
}

/// What a picture may be sent as.
#[derive(Clone, Copy, Deserialize, ToSchema)]
enum MediaType {
    #[serde(rename = "image/png")]
    Png,
    #[serde(rename = "image/jpeg")]
    Jpeg,
    #[serde(rename = "image/webp")]
    WebP,
}

/// How to send it, and its name.
#[derive(Serialize, ToSchema)]
pub(crate) struct ImageUpload {
    /// Its name, to finish it by.
    #[schema(
        pattern = "^[0-9a-f]{24}-[0-9a-f]{32}$",
        example = "0123456789abcdef01234567-0123456789abcdef0123456789abcdef"
    )]
    name: String,
    #[serde(flatten)]
    offer: Offer,
}

/// Allows to send a picture to where the shop keeps them, past the shop: one file of this type and size, within
/// five minutes. When it is sent, finish the upload. A shop that keeps its pictures in a folder answers 409:
/// there the file is the body of `PUT /v1/products/{id}/image`.
#[utoipa::path(
    post,
    path = "/v1/products/{id}/image-uploads",
    tag = "staff",
    params(("id" = Uuid, Path, description = "The product's id"), KnownVersion),
    request_body = BeginImageUpload,
    responses(
        (status = 201, description = "How to send it", body = ImageUpload),
        (status = 409, description = "`no-direct-uploads`"),
        (status = 413, description = "`body-too-large`"),
        OtherVersion,
    ),
    security(("bearer" = ["staff"])),
)]
pub(crate) async fn begin_image_upload(
    State(state): State<AppState>,
    _: Staff,
    known: IfMatch,
    Path(id): Path<Uuid>,
    ValidJson((kind, size)): ValidJson<BeginImageUpload>,
) -> Result<(StatusCode, Json<ImageUpload>), Error> {
    if size > MAX_IMAGE {
        return Err(Error::ImageTooLarge);
    }
    let uploads = state.images.uploads().ok_or(Error::NoDirectUploads)?;
    let product = state.store.find(&id.to_string()).await?;
    let product = product.ok_or(Error::NotFound)?;
    if !state.seen(known)(&product) {
        return Err(Error::Changed);
    }

    let upload = Upload::new(&product);
    let offer = uploads.offer(&upload, kind, size).await?;
    let name = upload.to_string();
    Ok((StatusCode::CREATED, Json(ImageUpload { name, offer })))
}

impl Parse for BeginImageUpload {
    type Valid = (Kind, usize);

    fn parse(self, faults: &mut Faults) -> Option<Self::Valid> {
        let kind = match self.media_type {
            MediaType::Png => Kind::Png,
            MediaType::Jpeg => Kind::Jpeg,
            MediaType::WebP => Kind::WebP,
        };
        let size = usize::try_from(self.size).ok().filter(|size| *size > 0);
        let size = faults.field("/size", size.ok_or("is one byte or more"));
        Some((kind, size?))
    }
}
