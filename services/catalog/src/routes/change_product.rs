//! `PATCH /v1/products/{id}`: what staff say of a product.

use std::collections::BTreeMap;

use axum::{Json, extract::State, response::IntoResponse};
use kit::{
    http::{ETag, Faults, IfMatch, Parse, Path, ValidJson, text},
    identity::Staff,
};
use serde::Deserialize;
use utoipa::{
    ToSchema,
    openapi::{Object, Type, schema::SchemaType},
};
use uuid::Uuid;

use crate::{
    AppState, Error,
    product::{DetailView, Details, Money, Price},
    routes::add_product::{attributes, facts, optional, paragraphs},
    store::Change,
};

/// What to change; what is left out stays (RFC 7396, save that nothing is removed by null).
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangeProduct {
    /// Its name.
    #[schema(
        min_length = 1,
        max_length = 120,
        pattern = r"^(?!\s*$)[^\x00-\x1f\x7f-\x9f]+$"
    )]
    name: Option<String>,
    /// Its botanical name; empty to remove it.
    #[schema(max_length = 120, pattern = r"^[^\x00-\x1f\x7f-\x9f]*$")]
    botanical_name: Option<String>,
    /// One sentence.
    #[schema(
        min_length = 1,
        max_length = 200,
        pattern = r"^(?!\s*$)[^\x00-\x1f\x7f-\x9f]+$"
    )]
    summary: Option<String>,
    /// A few sentences.
    #[schema(max_length = 4000, pattern = r"^[^\x00-\x09\x0b-\x1f\x7f-\x9f]*$")]
    description: Option<String>,
    /// A category's id.
    #[schema(
        min_length = 1,
        max_length = 80,
        pattern = r"^(?!\s*$)[^\x00-\x1f\x7f-\x9f]+$"
    )]
    category: Option<String>,
    /// What a piece costs. Orders keep the price that they were placed at.
    price: Option<Money>,
    /// How to look after it.
    #[schema(max_length = 2000, pattern = r"^[^\x00-\x09\x0b-\x1f\x7f-\x9f]*$")]
    care: Option<String>,
    /// Facts; all of them are replaced.
    #[schema(schema_with = facts_or_null)]
    attributes: Option<BTreeMap<String, String>>,
}

/// Fields that are there and valid.
#[derive(Default)]
pub(crate) struct Changes {
    name: Option<String>,
    botanical_name: Option<Option<String>>,
    summary: Option<String>,
    description: Option<String>,
    category: Option<String>,
    price: Option<Price>,
    care: Option<String>,
    attributes: Option<BTreeMap<String, String>>,
}

/// Changes a product.
#[utoipa::path(
    patch,
    path = "/v1/products/{id}",
    tag = "staff",
    params(
        ("id" = Uuid, Path, description = "The product's id"),
        ("If-Match" = String, Header, description = "The ETag that you read"),
    ),
    request_body = ChangeProduct,
    responses(
        (
            status = 200,
            description = "The product",
            body = DetailView,
            headers(("ETag" = String, description = "The version, for `If-Match`")),
        ),
        (status = 412, description = "`precondition-failed`"),
        (status = 428, description = "`precondition-required`"),
    ),
    security(("bearer" = ["staff"])),
)]
pub(crate) async fn change_product(
    State(state): State<AppState>,
    _: Staff,
    known: IfMatch,
    Path(id): Path<Uuid>,
    ValidJson(changes): ValidJson<ChangeProduct>,
) -> Result<impl IntoResponse, Error> {
    let before = state
        .store
        .find(&id.to_string())
        .await?
        .ok_or(Error::NotFound)?;
    // What is merged here was read outside of the change; the version read ties both together.
    let known = if known.allows(before.version) {
        IfMatch::Versions(vec![before.version])
    } else {
        return Err(Error::Changed);
    };
    let details = changes.merge(before.details);
    let change = Change::Details(Box::new(details));
    let product = state.store.change(id, known, change).await?;
    Ok((
        ETag(product.version),
        Json(DetailView::new(product, &state.drawings)),
    ))
}

fn facts_or_null() -> Object {
    let mut facts = facts();
    facts.schema_type = SchemaType::from_iter([Type::Object, Type::Null]);
    facts.description = Some("Facts; all of them are replaced.".to_owned());
    facts
}

impl Changes {
    fn merge(self, old: Details) -> Details {
        Details {
            name: self.name.unwrap_or(old.name),
            botanical_name: self.botanical_name.unwrap_or(old.botanical_name),
            summary: self.summary.unwrap_or(old.summary),
            description: self.description.unwrap_or(old.description),
            category: self.category.unwrap_or(old.category),
            price: self.price.unwrap_or(old.price),
            care: self.care.unwrap_or(old.care),
            attributes: self.attributes.unwrap_or(old.attributes),
        }
    }
}

impl Parse for ChangeProduct {
    type Valid = Changes;

    fn parse(self, faults: &mut Faults) -> Option<Changes> {
        let mut valid = Changes::default();
        if let Some(name) = self.name {
            valid.name = faults.field("/name", text(&name, 1, 120));
        }
        if let Some(name) = self.botanical_name {
            valid.botanical_name = optional(faults, "/botanical_name", Some(&name));
        }
        if let Some(summary) = self.summary {
            valid.summary = faults.field("/summary", text(&summary, 1, 200));
        }
        if let Some(description) = self.description {
            valid.description = faults.field("/description", paragraphs(&description, 4000));
        }
        if let Some(category) = self.category {
            valid.category = faults.field("/category", text(&category, 1, 80));
        }
        if let Some(price) = self.price {
            valid.price = faults.field("/price", Price::parse(&price));
        }
        if let Some(care) = self.care {
            valid.care = faults.field("/care", paragraphs(&care, 2000));
        }
        if let Some(facts) = self.attributes {
            valid.attributes = faults.field("/attributes", attributes(facts));
        }
        Some(valid)
    }
}
