//! `GET /v1/images/{name}`: a picture.

use axum::{extract::State, response::IntoResponse};
use http::header;
use kit::http::Path;

use crate::{AppState, Error, routes::set_image::Picture};

/// A product's picture. Its name changes when it changes, so it may be kept for ever.
#[utoipa::path(
    get,
    path = "/v1/images/{name}",
    tag = "products",
    params((
        "name" = String,
        Path,
        description = "The file's name, from `image_url` or `images`",
        pattern = r"^[0-9a-f]{24}(-[0-9]{1,3})?\.(jpg|png|svg|webp)$",
    )),
    responses(
        (status = 200, description = "The picture", content(
            (Picture = "image/svg+xml"),
            (Picture = "image/png"),
            (Picture = "image/jpeg"),
            (Picture = "image/webp"),
        )),
    ),
    extensions(("x-edge" = json!({ "cache": { "ttl_s": 3600, "scope": "public" } }))),
)]
pub(crate) async fn get_image(
    State(state): State<AppState>,
    Path(name): Path<String>,
) -> Result<impl IntoResponse, Error> {
    let (bytes, kind) = match state.drawings.get(&name) {
        Some(drawing) => drawing,
        None => state.images.get(&name).await?.ok_or(Error::NotFound)?,
    };
    let headers = [
        (header::CONTENT_TYPE, kind.media_type()),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
        // What was checked when it came is what a browser shall take it for.
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        // Opened by itself, a drawing can do nothing.
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'unsafe-inline'; sandbox",
        ),
    ];
    Ok((headers, bytes))
}
