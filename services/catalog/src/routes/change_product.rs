//! `PATCH /v1/products/{id}`: what staff say of a product.

use axum::extract::State;
use kit::{
    http::{Faults, IfMatch, Parse, Path, ValidJson},
    identity::Staff,
};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    AppState, Error,
    cache::Answer,
    fields::{BotanicalName, Care, CategoryId, Description, Facts, Name, Summary},
    product::{Details, Money, Product},
    store::Change,
    views::{KnownVersion, OtherVersion, TheProduct},
};

/// What to change; what is left out stays (RFC 7396, save that nothing is removed by null).
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangeProduct {
    /// Its name.
    name: Option<Name>,
    /// Its botanical name; empty to remove it.
    botanical_name: Option<BotanicalName>,
    /// One sentence.
    summary: Option<Summary>,
    /// A few sentences.
    description: Option<Description>,
    /// A category's id.
    category: Option<CategoryId>,
    /// What a piece costs. Orders keep the price that they were placed at.
    price: Option<Money>,
    /// How to look after it.
    care: Option<Care>,
    /// Facts; all of them are replaced.
    attributes: Option<Facts>,
}

/// The changes of fields that are there and valid.
#[derive(Default)]
pub(crate) struct Changes(Vec<ChangeField>);

type ChangeField = Box<dyn FnOnce(&mut Details) + Send>;

/// Changes a product.
#[utoipa::path(
    patch,
    path = "/v1/products/{id}",
    tag = "staff",
    params(("id" = Uuid, Path, description = "The product's id"), KnownVersion),
    request_body = ChangeProduct,
    responses(TheProduct, OtherVersion),
    security(("bearer" = ["staff"])),
    extensions(("x-edge" = json!({ "purge": ["products"] }))),
)]
pub(crate) async fn change_product(
    State(state): State<AppState>,
    _: Staff,
    known: IfMatch,
    Path(id): Path<Uuid>,
    ValidJson(changes): ValidJson<ChangeProduct>,
) -> Result<Answer, Error> {
    let before = state.store.find(&id.to_string()).await?;
    let before = before.ok_or(Error::NotFound)?;
    if !state.seen(known)(&before) {
        return Err(Error::Changed);
    }
    // What is merged here was read outside of the change; the version ties both together. A sale in
    // between changes nothing that is merged.
    let version = before.version;
    let mut details = Box::new(before.details);
    for change in changes.0 {
        change(&mut details);
    }
    let change = Change::Details(details);
    let same = Box::new(move |now: &Product| now.version == version);
    let product = state.store.change(id, same, change).await?;
    Ok(state.detail(product))
}

impl Changes {
    fn note<T: Parse>(
        &mut self,
        faults: &mut Faults,
        pointer: &str,
        field: Option<T>,
        set: fn(&mut Details, T::Valid),
    ) where
        T::Valid: Send + 'static,
    {
        if let Some(Some(valid)) = faults.within(pointer, field) {
            self.0.push(Box::new(move |details| set(details, valid)));
        }
    }
}

impl Parse for ChangeProduct {
    type Valid = Changes;

    fn parse(self, faults: &mut Faults) -> Option<Changes> {
        let mut changes = Changes::default();
        changes.note(faults, "/name", self.name, |it, name| it.name = name);
        changes.note(
            faults,
            "/botanical_name",
            self.botanical_name,
            |it, name| {
                it.botanical_name = (!name.is_empty()).then_some(name);
            },
        );
        changes.note(faults, "/summary", self.summary, |it, summary| {
            it.summary = summary;
        });
        changes.note(faults, "/description", self.description, |it, text| {
            it.description = text;
        });
        changes.note(faults, "/category", self.category, |it, id| {
            it.category = id
        });
        changes.note(faults, "/price", self.price, |it, price| it.price = price);
        changes.note(faults, "/care", self.care, |it, care| it.care = care);
        changes.note(faults, "/attributes", self.attributes, |it, facts| {
            it.attributes = facts;
        });
        Some(changes)
    }
}
