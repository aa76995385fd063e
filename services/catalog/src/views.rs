//! Products as callers see them, and what every change of one has in common.

use std::collections::BTreeMap;

use kit::http::IfMatch;
use serde::Serialize;
use utoipa::{IntoParams, IntoResponses, ToSchema};
use uuid::Uuid;

use crate::{
    AppState,
    cache::Answer,
    drawings::Drawings,
    images::widths_of,
    product::{Money, Product},
    store::Seen,
};

/// A product in a list.
#[derive(Serialize, ToSchema)]
#[schema(as = Product)]
pub(crate) struct ProductView {
    /// The product's id.
    pub(crate) id: Uuid,
    /// Its name in addresses.
    #[schema(example = "monstera")]
    pub(crate) slug: String,
    /// Its name.
    #[schema(example = "Swiss cheese plant")]
    pub(crate) name: String,
    /// One sentence.
    #[schema(example = "Bold, split leaves.")]
    pub(crate) summary: String,
    /// Its category's id.
    #[schema(example = "houseplants")]
    pub(crate) category: String,
    /// What a piece costs.
    pub(crate) price: Money,
    /// The picture's path on the API's origin.
    #[schema(example = "/v1/images/0123456789abcdef01234567-480.webp")]
    pub(crate) image_url: String,
    /// The same picture in several widths, the narrowest first; none of a drawing.
    pub(crate) images: Vec<ImageView>,
    /// Whether at least one piece can be bought.
    in_stock: bool,
    /// 0 to 5.
    #[schema(minimum = 0, maximum = 5, example = 4.5)]
    pub(crate) rating: f64,
}

/// A picture of one width.
#[derive(Serialize, ToSchema)]
#[schema(as = Image)]
pub(crate) struct ImageView {
    /// Its path on the API's origin.
    #[schema(example = "/v1/images/0123456789abcdef01234567-96.webp")]
    url: String,
    /// In pixels.
    #[schema(minimum = 1, example = 96)]
    width: u32,
}

/// A product, all of it.
#[derive(Serialize, ToSchema)]
#[schema(as = ProductDetail)]
pub(crate) struct DetailView {
    #[serde(flatten)]
    pub(crate) product: ProductView,
    /// Its botanical name, for plants.
    #[schema(required, example = "Monstera deliciosa")]
    pub(crate) botanical_name: Option<String>,
    /// A few sentences.
    #[schema(example = "Grows large where it is bright.")]
    pub(crate) description: String,
    /// How to look after it.
    #[schema(example = "Water when the soil is dry.")]
    pub(crate) care: String,
    /// Sellable pieces.
    #[schema(minimum = 0, example = 12)]
    pub(crate) stock: i64,
    /// Facts such as light, height, hardiness.
    #[schema(example = json!({ "light": "Bright shade" }))]
    pub(crate) attributes: BTreeMap<String, String>,
}

/// How [`AppState::detail`] is described.
#[derive(IntoResponses)]
#[response(
    status = 200,
    description = "The product",
    headers(("ETag" = String, description = "Of this answer, for `If-Match`")),
)]
pub(crate) struct TheProduct(#[expect(dead_code, reason = "only described")] DetailView);

/// What a change of a product names: see [`kit::http::IfMatch`].
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
pub(crate) struct KnownVersion {
    /// The ETag that you read
    #[param(rename = "If-Match")]
    #[expect(dead_code, reason = "only described")]
    if_match: String,
}

/// How a change that does not name the product as it is now is refused.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "only described")]
pub(crate) enum OtherVersion {
    #[response(status = 412, description = "`precondition-failed`")]
    Changed,
    #[response(status = 428, description = "`precondition-required`")]
    Unnamed,
}

impl AppState {
    /// A product, all of it, with its `ETag`.
    pub(crate) fn detail(&self, product: Product) -> Answer {
        Answer::new(&DetailView::new(product, &self.drawings))
    }

    /// Whether a product still looks as whoever changes it saw it, in whichever version.
    pub(crate) fn seen(&self, known: IfMatch) -> Seen {
        let state = self.clone();
        Box::new(move |product| {
            let versions = [AppState::detail, AppState::detail_v2];
            let mut shown = versions.iter().map(|show| show(&state, product.clone()));
            shown.any(|answer| known.allows(answer.tag()))
        })
    }
}

impl ProductView {
    /// What lists show of it.
    pub(crate) fn new(product: Product, drawings: &Drawings) -> Self {
        let image = drawings.shown(&product);
        let path = |name: &str| format!("/v1/images/{name}");
        let images = widths_of(image).into_iter();
        Self {
            image_url: path(image),
            images: images
                .map(|(width, name)| ImageView {
                    url: path(&name),
                    width,
                })
                .collect(),
            id: product.id,
            slug: product.slug,
            name: product.details.name,
            summary: product.details.summary,
            category: product.details.category,
            price: product.details.price.into(),
            in_stock: product.stock > 0,
            rating: product.rating,
        }
    }
}

impl DetailView {
    /// All of it.
    pub(crate) fn new(mut product: Product, drawings: &Drawings) -> Self {
        let details = &mut product.details;
        Self {
            botanical_name: details.botanical_name.take(),
            description: std::mem::take(&mut details.description),
            care: std::mem::take(&mut details.care),
            attributes: std::mem::take(&mut details.attributes),
            stock: product.stock,
            product: ProductView::new(product, drawings),
        }
    }
}
