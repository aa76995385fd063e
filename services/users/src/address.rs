//! A postal address in a user's address book.

use std::fmt;

use kit::http::{Country, Faults, Line, Parse};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// How many addresses one user may keep.
pub const MAX_ADDRESSES: i64 = 20;

/// An address that can be written on a parcel. Shows nothing in logs.
#[derive(Clone, Serialize)]
pub struct Address {
    /// Who receives.
    pub name: String,
    /// Street and number.
    pub line1: String,
    /// What else is needed to find the door.
    pub line2: Option<String>,
    /// The city.
    pub city: String,
    /// State, province or region.
    pub region: String,
    /// The postal code.
    pub postal_code: String,
    /// ISO 3166-1 alpha-2, upper case.
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
#[schema(
    as = AddressInput,
    example = json!({
        "name": "Rose Gardener",
        "line1": "1 Orchard Lane",
        "city": "Portland",
        "region": "OR",
        "postal_code": "97201",
        "country": "US",
    }),
)]
pub struct AddressBody {
    /// Who receives.
    name: Line<1, 100>,
    /// Street and number.
    line1: Line<1, 200>,
    /// What else is needed to find the door.
    line2: Option<Line<0, 200>>,
    /// The city.
    city: Line<1, 100>,
    /// State, province or region; empty where the country has none.
    region: Line<0, 100>,
    /// The postal code.
    postal_code: Line<1, 20>,
    /// ISO 3166-1 alpha-2.
    country: Country,
}

impl Parse for AddressBody {
    type Valid = Address;

    fn parse(self, faults: &mut Faults) -> Option<Address> {
        let name = faults.within("/name", self.name);
        let line1 = faults.within("/line1", self.line1);
        let line2 = faults.within("/line2", self.line2);
        let city = faults.within("/city", self.city);
        let region = faults.within("/region", self.region);
        let postal_code = faults.within("/postal_code", self.postal_code);
        let country = faults.within("/country", self.country);
        Some(Address {
            name: name?,
            line1: line1?,
            line2: line2?.filter(|line2| !line2.is_empty()),
            city: city?,
            region: region?,
            postal_code: postal_code?,
            country: country?,
        })
    }
}

/// An address as answered.
#[derive(Serialize, ToSchema)]
#[schema(as = Address)]
pub struct AddressView {
    /// The address's id.
    pub id: Uuid,
    /// Who receives.
    #[schema(example = "Rose Gardener")]
    pub name: String,
    /// Street and number.
    #[schema(example = "1 Orchard Lane")]
    pub line1: String,
    /// What else is needed to find the door.
    #[schema(required, example = "Second floor")]
    pub line2: Option<String>,
    /// The city.
    #[schema(example = "Portland")]
    pub city: String,
    /// State, province or region.
    #[schema(example = "OR")]
    pub region: String,
    /// The postal code.
    #[schema(example = "97201")]
    pub postal_code: String,
    /// ISO 3166-1 alpha-2.
    #[schema(example = "US")]
    pub country: String,
}

impl From<(Uuid, Address)> for AddressView {
    fn from((id, address): (Uuid, Address)) -> Self {
        let Address {
            name,
            line1,
            line2,
            city,
            region,
            postal_code,
            country,
        } = address;
        Self {
            id,
            name,
            line1,
            line2,
            city,
            region,
            postal_code,
            country,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_personal_shows_in_a_log() {
        let body = serde_json::json!({
            "name": "Rose", "line1": "Rose", "line2": "Rose", "city": "Rose",
            "region": "Rose", "postal_code": "Rose", "country": "US",
        });
        let body: AddressBody = serde_json::from_value(body).unwrap();

        let address = body.parse(&mut Faults::default()).unwrap();

        assert_eq!(format!("{address:?}"), "Address(…)");
    }
}
