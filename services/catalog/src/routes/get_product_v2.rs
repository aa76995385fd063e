//! `GET /v2/products/{id}`: as version 1, but its pictures are one object.
//!
//! Version 1 had `image_url` alone at first and got `images` beside it later, because a member of an answer
//! that clients read cannot become another type. So they have to look at both; version 2 has `image`. `in_stock` is
//! left out: `stock` says it.

use std::collections::BTreeMap;

use axum::extract::State;
use http::Uri;
use kit::http::Path;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::get_product::find;
use crate::{
    AppState, Error,
    cache::Answer,
    product::{Money, Product},
    views::{DetailView, ImageView},
};

/// A product, all of it.
#[derive(Serialize, ToSchema)]
pub(crate) struct ProductV2 {
    /// The product's id.
    id: Uuid,
    /// Its name in addresses.
    #[schema(example = "monstera")]
    slug: String,
    /// Its name.
    #[schema(example = "Swiss cheese plant")]
    name: String,
    /// Its botanical name, for plants.
    #[schema(required, example = "Monstera deliciosa")]
    botanical_name: Option<String>,
    /// One sentence.
    #[schema(example = "Bold, split leaves.")]
    summary: String,
    /// A few sentences.
    #[schema(example = "Grows large where it is bright.")]
    description: String,
    /// How to look after it.
    #[schema(example = "Water when the soil is dry.")]
    care: String,
    /// Its category's id.
    #[schema(example = "houseplants")]
    category: String,
    /// What a piece costs.
    price: Money,
    /// Its picture.
    image: ProductImage,
    /// Sellable pieces.
    #[schema(minimum = 0, example = 12)]
    stock: i64,
    /// 0 to 5.
    #[schema(minimum = 0, maximum = 5, example = 4.5)]
    rating: f64,
    /// Facts such as light, height, hardiness.
    #[schema(example = json!({ "light": "Bright shade" }))]
    attributes: BTreeMap<String, String>,
}

/// A picture as it is, and in several widths.
#[derive(Serialize, ToSchema)]
pub(crate) struct ProductImage {
    /// Its path on the API's origin: of the widest, or of a drawing, which has any width.
    #[schema(example = "/v1/images/0123456789abcdef01234567-480.webp")]
    url: String,
    /// The narrowest first; none of a drawing.
    widths: Vec<ImageView>,
}

/// One product. A change may name its `ETag`.
#[utoipa::path(
    get,
    path = "/v2/products/{id}",
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
        body = ProductV2,
        headers(("ETag" = String, description = "Of this answer, for `If-Match`")),
    )),
    extensions(("x-edge" = json!({ "cache": {
        "ttl_s": 30, "scope": "public", "tags": ["products"],
        "stale_while_revalidate_s": 30, "stale_if_error_s": 300
    } }))),
)]
pub(crate) async fn get_product_v2(
    State(state): State<AppState>,
    uri: Uri,
    Path(id): Path<String>,
) -> Result<Answer, Error> {
    find(&state, &uri, &id, AppState::detail_v2).await
}

impl AppState {
    /// A product as version 2 shows it, with its `ETag`.
    pub(crate) fn detail_v2(&self, product: Product) -> Answer {
        let shown = DetailView::new(product, &self.drawings);
        Answer::new(&ProductV2::from(shown))
    }
}

impl From<DetailView> for ProductV2 {
    fn from(detail: DetailView) -> Self {
        let product = detail.product;
        Self {
            id: product.id,
            slug: product.slug,
            name: product.name,
            botanical_name: detail.botanical_name,
            summary: product.summary,
            description: detail.description,
            care: detail.care,
            category: product.category,
            price: product.price,
            image: ProductImage {
                url: product.image_url,
                widths: product.images,
            },
            stock: detail.stock,
            rating: product.rating,
            attributes: detail.attributes,
        }
    }
}
