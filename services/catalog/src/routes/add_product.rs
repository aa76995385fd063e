//! `POST /v1/products`: a new product.

use std::collections::BTreeMap;

use axum::{
    Json,
    extract::State,
    response::{AppendHeaders, IntoResponse},
};
use http::{StatusCode, header};
use kit::{
    http::{ETag, Faults, Parse, ValidJson, text},
    identity::Staff,
};
use serde::Deserialize;
use utoipa::{
    ToSchema,
    openapi::{Object, Schema, Type},
};
use uuid::Uuid;

use crate::{
    AppState, Error,
    drawings::NO_PICTURE,
    product::{DetailView, Details, MAX_STOCK, Money, Price, Slug},
    store::NewProduct,
};

/// A product to sell.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AddProduct {
    /// Its name in addresses; made from the name when absent.
    #[schema(pattern = "^[a-z0-9]+(-[a-z0-9]+)*$", max_length = 80)]
    slug: Option<String>,
    /// Its name.
    #[schema(
        min_length = 1,
        max_length = 120,
        pattern = r"^(?!\s*$)[^\x00-\x1f\x7f-\x9f]+$",
        example = "Swiss cheese plant"
    )]
    name: String,
    /// Its botanical name, for plants.
    #[schema(
        max_length = 120,
        pattern = r"^[^\x00-\x1f\x7f-\x9f]*$",
        example = "Monstera deliciosa"
    )]
    botanical_name: Option<String>,
    /// One sentence.
    #[schema(
        min_length = 1,
        max_length = 200,
        pattern = r"^(?!\s*$)[^\x00-\x1f\x7f-\x9f]+$"
    )]
    summary: String,
    /// A few sentences.
    #[serde(default)]
    #[schema(max_length = 4000, pattern = r"^[^\x00-\x09\x0b-\x1f\x7f-\x9f]*$")]
    description: String,
    /// A category's id.
    #[schema(
        min_length = 1,
        max_length = 80,
        pattern = r"^(?!\s*$)[^\x00-\x1f\x7f-\x9f]+$",
        example = "houseplants"
    )]
    category: String,
    /// What a piece costs.
    price: Money,
    /// Sellable pieces.
    #[serde(default, deserialize_with = "kit::http::integer")]
    #[schema(minimum = 0, maximum = 1_000_000)]
    stock: i64,
    /// How to look after it.
    #[serde(default)]
    #[schema(max_length = 2000, pattern = r"^[^\x00-\x09\x0b-\x1f\x7f-\x9f]*$")]
    care: String,
    /// Facts such as light, height, hardiness.
    #[serde(default)]
    #[schema(schema_with = facts)]
    attributes: BTreeMap<String, String>,
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
                ("ETag" = String, description = "The version, for `If-Match`"),
                ("Location" = String, description = "Where the product is"),
            ),
        ),
        (status = 409, description = "`slug-taken`"),
    ),
    security(("bearer" = ["staff"])),
)]
pub(crate) async fn add_product(
    State(state): State<AppState>,
    _: Staff,
    ValidJson((slug, details, stock)): ValidJson<AddProduct>,
) -> Result<impl IntoResponse, Error> {
    let id = Uuid::now_v7();
    let product = NewProduct {
        id,
        slug,
        details,
        stock,
        rating: 0.0,
        image: NO_PICTURE.clone(),
    };
    let product = state.store.insert(product).await?;

    let location = format!("/v1/products/{id}");
    Ok((
        StatusCode::CREATED,
        ETag(product.version),
        AppendHeaders([(header::LOCATION, location)]),
        Json(DetailView::new(product, &state.drawings)),
    ))
}

impl Parse for AddProduct {
    type Valid = (Slug, Details, i64);

    fn parse(self, faults: &mut Faults) -> Option<Self::Valid> {
        let name = faults.field("/name", text(&self.name, 1, 120));
        let slug = match self.slug {
            Some(slug) => faults.field("/slug", Slug::parse(&slug)),
            None => Some(Slug::from_name(&self.name)),
        };
        let botanical_name = optional(faults, "/botanical_name", self.botanical_name.as_deref());
        let summary = faults.field("/summary", text(&self.summary, 1, 200));
        let description = faults.field("/description", paragraphs(&self.description, 4000));
        let category = faults.field("/category", text(&self.category, 1, 80));
        let price = faults.field("/price", Price::parse(&self.price));
        let care = faults.field("/care", paragraphs(&self.care, 2000));
        let attributes = faults.field("/attributes", attributes(self.attributes));
        let stock = faults.field("/stock", stock(self.stock));
        let details = Details {
            name: name?,
            botanical_name: botanical_name?,
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

/// Up to 20 facts: a name of 40 characters, a value of 120.
pub(crate) fn facts() -> Object {
    let line = |max| {
        Object::builder()
            .schema_type(Type::String)
            .min_length(Some(1))
            .max_length(Some(max))
            .pattern(Some(r"^(?!\s*$)[^\x00-\x1f\x7f-\x9f]+$"))
    };
    Object::builder()
        .description(Some("Facts such as light, height, hardiness."))
        .property_names(Some(line(40)))
        .additional_properties(Some(Schema::from(line(120))))
        .max_properties(Some(20))
        .build()
}

/// A line of text that may be left out or empty.
pub(crate) fn optional(
    faults: &mut Faults,
    pointer: &str,
    value: Option<&str>,
) -> Option<Option<String>> {
    let line = faults.field(pointer, text(value.unwrap_or_default(), 0, 120))?;
    Some((!line.is_empty()).then_some(line))
}

/// Text of several lines.
pub(crate) fn paragraphs(value: &str, max: usize) -> Result<String, String> {
    if value.chars().any(|c| c.is_control() && c != '\n') {
        return Err("has control characters".to_owned());
    }
    let value = value.trim();
    if value.chars().count() <= max {
        Ok(value.to_owned())
    } else {
        Err(format!("has at most {max} characters"))
    }
}

/// Up to 20 short facts.
pub(crate) fn attributes(
    attributes: BTreeMap<String, String>,
) -> Result<BTreeMap<String, String>, String> {
    if attributes.len() > 20 {
        return Err("has at most 20 facts".to_owned());
    }
    let fact = |(name, value): (String, String)| Ok((text(&name, 1, 40)?, text(&value, 1, 120)?));
    attributes.into_iter().map(fact).collect()
}

/// Sellable pieces.
pub(crate) fn stock(stock: i64) -> Result<i64, String> {
    if (0..=MAX_STOCK).contains(&stock) {
        Ok(stock)
    } else {
        Err(format!("is 0 to {MAX_STOCK}"))
    }
}
