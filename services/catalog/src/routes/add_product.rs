//! `POST /v1/products`: a new product.

use axum::{
    extract::State,
    response::{AppendHeaders, IntoResponse},
};
use http::{StatusCode, header};
use kit::{
    http::{Faults, Parse, ValidJson},
    identity::Staff,
};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    AppState, Error,
    drawings::NO_PICTURE,
    fields::{BotanicalName, Care, CategoryId, Description, Facts, Name, Pieces, Summary},
    product::{Details, Money, Slug},
    store::NewProduct,
    views::DetailView,
};

/// How many products of one name get slugs of their own.
const MOST_ALIKE: u32 = 99;

/// A product to sell.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "name": "Swiss cheese plant",
    "botanical_name": "Monstera deliciosa",
    "summary": "Bold, split leaves.",
    "category": "houseplants",
    "price": { "amount": 1299, "currency": "USD" },
}))]
pub(crate) struct AddProduct {
    /// Its name in addresses; made from the name when absent, with a number where that is taken.
    #[schema(pattern = "^[a-z0-9]+(-[a-z0-9]+)*$", max_length = 80)]
    slug: Option<String>,
    /// Its name.
    name: Name,
    /// Its botanical name, for plants.
    botanical_name: Option<BotanicalName>,
    /// One sentence.
    summary: Summary,
    /// A few sentences.
    #[serde(default)]
    description: Description,
    /// A category's id.
    category: CategoryId,
    /// What a piece costs.
    price: Money,
    /// Sellable pieces.
    #[serde(default)]
    stock: Pieces,
    /// How to look after it.
    #[serde(default)]
    care: Care,
    /// Facts such as light, height, hardiness.
    #[serde(default)]
    attributes: Facts,
}

/// Adds a product.
#[utoipa::path(
    post,
    path = "/v1/products",
    tag = "staff",
    request_body = AddProduct,
    responses(
        (
            status = 201,
            description = "The product",
            body = DetailView,
            headers(
                ("ETag" = String, description = "Of this answer, for `If-Match`"),
                ("Location" = String, description = "Where the product is"),
            ),
        ),
        (status = 409, description = "`slug-taken`"),
    ),
    security(("bearer" = ["staff"])),
    extensions(("x-edge" = json!({ "purge": ["products"] }))),
)]
pub(crate) async fn add_product(
    State(state): State<AppState>,
    _: Staff,
    ValidJson((chosen, details, stock)): ValidJson<AddProduct>,
) -> Result<impl IntoResponse, Error> {
    let named = Slug::from_name(&details.name);
    let mut product = NewProduct {
        id: Uuid::now_v7(),
        slug: chosen.clone().unwrap_or_else(|| named.clone()),
        details,
        stock,
        rating: 0.0,
        image: NO_PICTURE.clone(),
    };
    let mut number = 1;
    let product = loop {
        match state.store.insert(product.clone()).await {
            // Nobody chose this slug: the next that is free will do.
            Err(Error::SlugTaken) if chosen.is_none() && number < MOST_ALIKE => {
                number += 1;
                product.slug = named.numbered(number);
            }
            inserted => break inserted?,
        }
    };

    let location = format!("/v1/products/{}", product.id);
    Ok((
        StatusCode::CREATED,
        AppendHeaders([(header::LOCATION, location)]),
        state.detail(product),
    ))
}

impl Parse for AddProduct {
    type Valid = (Option<Slug>, Details, i64);

    fn parse(self, faults: &mut Faults) -> Option<Self::Valid> {
        let slug = self.slug.map(|slug| Slug::parse(&slug)).transpose();
        let name = faults.within("/name", self.name);
        let slug = faults.field("/slug", slug);
        let botanical_name = faults.within("/botanical_name", self.botanical_name);
        let summary = faults.within("/summary", self.summary);
        let description = faults.within("/description", self.description);
        let category = faults.within("/category", self.category);
        let price = faults.within("/price", self.price);
        let care = faults.within("/care", self.care);
        let attributes = faults.within("/attributes", self.attributes);
        let stock = faults.within("/stock", self.stock);
        let details = Details {
            name: name?,
            botanical_name: botanical_name?.filter(|name| !name.is_empty()),
            summary: summary?,
            description: description?,
            category: category?,
            price: price?,
            care: care?,
            attributes: attributes?,
        };
        Some((slug?, details, stock?))
    }
}
