//! Where an order goes. Kept with the order: a later change of the address book changes nothing.

use std::fmt;

use kit::http::{Faults, Parse, text};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An address that can be written on a parcel. Shows nothing in logs.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = DeliveryAddress)]
pub struct Address {
    /// Who receives.
    pub name: String,
    /// Street and number.
    pub line1: String,
    /// What else is needed to find the door.
    #[schema(required)]
    pub line2: Option<String>,
    /// The city.
    pub city: String,
    /// State, province or region.
    pub region: String,
    /// The postal code.
    pub postal_code: String,
    /// ISO 3166-1 alpha-2.
    pub country: String,
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Address(…)")
    }
}

/// An address as sent.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = DeliveryAddressInput)]
pub struct AddressBody {
    /// Who receives.
    #[schema(
        min_length = 1,
        max_length = 100,
        pattern = r"^(?!\s*$)[^\x00-\x1f\x7f-\x9f]+$",
        example = "Rose Gardener"
    )]
    name: String,
    /// Street and number.
    #[schema(
        min_length = 1,
        max_length = 200,
        pattern = r"^(?!\s*$)[^\x00-\x1f\x7f-\x9f]+$",
        example = "1 Orchard Lane"
    )]
    line1: String,
    /// What else is needed to find the door.
    #[schema(max_length = 200, pattern = r"^[^\x00-\x1f\x7f-\x9f]*$")]
    line2: Option<String>,
    /// The city.
    #[schema(
        min_length = 1,
        max_length = 100,
        pattern = r"^(?!\s*$)[^\x00-\x1f\x7f-\x9f]+$",
        example = "Portland"
    )]
    city: String,
    /// State, province or region.
    #[schema(
        min_length = 1,
        max_length = 100,
        pattern = r"^(?!\s*$)[^\x00-\x1f\x7f-\x9f]+$",
        example = "OR"
    )]
    region: String,
    /// The postal code.
    #[schema(
        min_length = 1,
        max_length = 20,
        pattern = r"^(?!\s*$)[^\x00-\x1f\x7f-\x9f]+$",
        example = "97201"
    )]
    postal_code: String,
    /// ISO 3166-1 alpha-2.
    #[schema(pattern = "^[A-Z]{2}$", example = "US")]
    country: String,
}

impl Parse for AddressBody {
    type Valid = Address;

    fn parse(self, faults: &mut Faults) -> Option<Address> {
        let name = faults.field("/name", text(&self.name, 1, 100));
        let line1 = faults.field("/line1", text(&self.line1, 1, 200));
        let line2 = self.line2.as_deref().unwrap_or_default();
        let line2 = faults.field("/line2", text(line2, 0, 200));
        let city = faults.field("/city", text(&self.city, 1, 100));
        let region = faults.field("/region", text(&self.region, 1, 100));
        let postal_code = faults.field("/postal_code", text(&self.postal_code, 1, 20));
        let country = faults.field("/country", country(&self.country));
        Some(Address {
            name: name?,
            line1: line1?,
            line2: line2.map(|line2| (!line2.is_empty()).then_some(line2))?,
            city: city?,
            region: region?,
            postal_code: postal_code?,
            country: country?,
        })
    }
}

fn country(value: &str) -> Result<String, &'static str> {
    if value.len() == 2 && value.bytes().all(|byte| byte.is_ascii_uppercase()) {
        Ok(value.to_owned())
    } else {
        Err("is a country code of two capital letters (ISO 3166-1 alpha-2)")
    }
}
