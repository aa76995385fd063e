//! What staff may say of a product: the rule of each field, once for its document and its check.

use std::collections::BTreeMap;

use kit::http::{Faults, Line, Lines, Parse};
use serde::Deserialize;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{Object, RefOr, Schema, Type},
};

use crate::product::{MAX_STOCK, Money, Price};

pub(crate) type Name = Line<1, 120>;
pub(crate) type BotanicalName = Line<0, 120>;
pub(crate) type Summary = Line<1, 200>;
pub(crate) type Description = Lines<4000>;
pub(crate) type CategoryId = Line<1, 80>;
pub(crate) type Care = Lines<2000>;

type FactName = Line<1, 40>;
type FactValue = Line<1, 120>;

/// How many facts a product has at most.
const MAX_FACTS: usize = 20;

/// Facts such as light, height, hardiness: up to 20.
#[derive(Default, Deserialize)]
#[serde(transparent)]
pub(crate) struct Facts(BTreeMap<String, String>);

/// Sellable pieces.
#[derive(Default, Deserialize)]
#[serde(transparent)]
pub(crate) struct Pieces(#[serde(deserialize_with = "kit::http::integer")] i64);

impl Parse for Facts {
    type Valid = BTreeMap<String, String>;

    fn parse(self, faults: &mut Faults) -> Option<Self::Valid> {
        if self.0.len() > MAX_FACTS {
            faults.add("", format!("has at most {MAX_FACTS} facts"));
            return None;
        }
        let fact = |(name, value): (String, String)| {
            Ok((FactName::check(&name)?, FactValue::check(&value)?))
        };
        let count = self.0.len();
        let facts: Result<BTreeMap<_, _>, String> = self.0.into_iter().map(fact).collect();
        let facts = facts.and_then(|facts| match facts.len() == count {
            true => Ok(facts),
            false => Err("has two facts of the same name".to_owned()),
        });
        faults.field("", facts)
    }
}

impl Parse for Pieces {
    type Valid = i64;

    fn parse(self, faults: &mut Faults) -> Option<i64> {
        let is_valid = (0..=MAX_STOCK).contains(&self.0);
        let pieces = is_valid.then_some(self.0);
        faults.field("", pieces.ok_or(format!("is 0 to {MAX_STOCK}")))
    }
}

impl Parse for Money {
    type Valid = Price;

    fn parse(self, faults: &mut Faults) -> Option<Price> {
        faults.field("", Price::parse(&self))
    }
}

impl PartialSchema for Facts {
    fn schema() -> RefOr<Schema> {
        Object::builder()
            .description(Some("Facts such as light, height, hardiness."))
            .property_names(Some(FactName::schema()))
            .additional_properties(Some(FactValue::schema()))
            .max_properties(Some(MAX_FACTS))
            .into()
    }
}

impl PartialSchema for Pieces {
    fn schema() -> RefOr<Schema> {
        Object::builder()
            .schema_type(Type::Integer)
            .minimum(Some(0))
            .maximum(Some(MAX_STOCK))
            .into()
    }
}

impl ToSchema for Facts {}

impl ToSchema for Pieces {}
