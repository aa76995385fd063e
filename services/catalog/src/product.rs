//! A product, and what a product is made of.

use std::collections::BTreeMap;

use deunicode::deunicode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// The highest price, in cents.
pub const MAX_PRICE: i64 = 10_000_000;

/// The most pieces of one product that the shop can have.
pub const MAX_STOCK: i64 = 1_000_000;

/// An amount of money on the wire: integer minor units.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Money {
    /// In minor units, e.g. cents.
    #[serde(deserialize_with = "kit::http::integer")]
    #[schema(minimum = 1, maximum = 10_000_000, example = 1299)]
    pub amount: i64,
    /// ISO 4217.
    pub currency: Currency,
}

/// The shop sells in one currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub enum Currency {
    /// US dollars.
    #[serde(rename = "USD")]
    Usd,
}

/// A price: 1 to 10,000,000 cents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Price(i64);

impl Price {
    /// Takes a price in the shop's currency.
    pub fn parse(money: &Money) -> Result<Self, String> {
        Self::cents(money.amount).ok_or_else(|| format!("is 1 to {MAX_PRICE} cents"))
    }

    /// Takes cents.
    pub fn cents(cents: i64) -> Option<Self> {
        (1..=MAX_PRICE).contains(&cents).then_some(Self(cents))
    }

    /// In cents.
    pub fn get(self) -> i64 {
        self.0
    }
}

impl From<Price> for Money {
    fn from(price: Price) -> Self {
        Self {
            amount: price.0,
            currency: Currency::Usd,
        }
    }
}

/// A product's name in addresses: small letters, digits and single hyphens, 1 to 80.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slug(String);

impl Slug {
    /// Takes a slug as it is.
    pub fn parse(value: &str) -> Result<Self, &'static str> {
        let shape = value.split('-').all(|word| {
            !word.is_empty()
                && word
                    .bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
        });
        // What looks like an id would never be found by its slug.
        if shape && value.len() <= 80 && Uuid::try_parse(value).is_err() {
            Ok(Self(value.to_owned()))
        } else {
            Err("is small letters, digits and single hyphens, 1 to 80, and no UUID")
        }
    }

    /// Makes one from a product's name, in Latin letters.
    pub fn from_name(name: &str) -> Self {
        let mut slug = String::new();
        for character in deunicode(name).chars() {
            if character.is_ascii_alphanumeric() {
                slug.push(character.to_ascii_lowercase());
            } else if character != '\'' && !slug.is_empty() && !slug.ends_with('-') {
                slug.push('-');
            }
        }
        slug.truncate(80);
        let slug = slug.trim_end_matches('-');
        Self::parse(slug).unwrap_or_else(|_| Self(format!("product-{}", Uuid::now_v7().simple())))
    }

    /// The slug of the second product of its name, or the third.
    #[must_use]
    pub fn numbered(&self, number: u32) -> Self {
        let number = format!("-{number}");
        let mut slug = self.0.clone();
        slug.truncate(80 - number.len());
        Self(slug.trim_end_matches('-').to_owned() + &number)
    }

    /// The slug.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What a list by name is sorted by: the name in small Latin letters, so that every database sorts it
/// by its bytes.
pub fn name_key(name: &str) -> String {
    let key = deunicode(name).to_ascii_lowercase();
    key.trim_start_matches(|c: char| !c.is_ascii_alphanumeric())
        .to_owned()
}

/// What staff say of a product.
#[derive(Clone, Debug)]
pub struct Details {
    /// Its name.
    pub name: String,
    /// Its botanical name, for plants.
    pub botanical_name: Option<String>,
    /// One sentence.
    pub summary: String,
    /// A few sentences.
    pub description: String,
    /// Its category's id.
    pub category: String,
    /// What a piece costs.
    pub price: Price,
    /// How to look after it.
    pub care: String,
    /// Facts such as light, height, hardiness.
    pub attributes: BTreeMap<String, String>,
}

/// A product as stored.
#[derive(Clone, Debug)]
pub struct Product {
    /// Its number, by age.
    pub seq: i64,
    /// Its id.
    pub id: Uuid,
    /// Its name in addresses.
    pub slug: String,
    /// What staff say of it.
    pub details: Details,
    /// Sellable pieces.
    pub stock: i64,
    /// 0 to 5.
    pub rating: f64,
    /// The picture's file name.
    pub image: String,
    /// How often staff changed it.
    pub version: i64,
    /// The key that lists by popularity use.
    pub popularity: i64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_becomes_a_slug() {
        for (name, slug) in [
            (
                "Monstera 'Thai Constellation'!",
                "monstera-thai-constellation",
            ),
            ("Cr\u{e8}me br\u{fb}l\u{e9}e", "creme-brulee"),
            ("Cre\u{300}me", "creme"),
            ("Elektrizit\u{e4}t & Stra\u{df}e", "elektrizitat-strasse"),
            ("Lady\u{2019}s mantle", "ladys-mantle"),
            ("\u{7ea2}\u{73ab}\u{7470}", "hong-mei-gui"),
        ] {
            assert_eq!(Slug::from_name(name).as_str(), slug, "{name}");
        }
        let long = Slug::from_name(&"rose ".repeat(40));
        for number in [2, 99] {
            let numbered = long.numbered(number);
            assert_eq!(Slug::parse(numbered.as_str()), Ok(numbered.clone()));
        }
        assert!(Slug::from_name("…").as_str().starts_with("product-"));
        for bad in ["", "-a", "a--b", "A", "é", "a_b"] {
            assert!(Slug::parse(bad).is_err(), "{bad}");
        }
    }
}
