//! Where carts are kept, as a setting says it.

use std::{fmt, str::FromStr, sync::Arc};

use serde::{Deserialize, Serialize};

use super::CartTable;

/// Where carts are kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum CartsName {
    /// With the orders.
    #[default]
    Store,
    /// In this table of DynamoDB.
    DynamoDb(String),
}

/// A place for carts that there is not.
#[derive(Debug, thiserror::Error)]
pub enum BadCarts {
    /// Its name has another form.
    #[error("carts: expected store or dynamodb:<table>")]
    Name,
    /// The program cannot speak with it.
    #[error("carts: this program was built without the feature dynamodb")]
    NotBuilt,
    /// Nobody says where the table is.
    #[error("carts: expected a region in AWS_REGION")]
    NoRegion,
}

impl FromStr for CartsName {
    type Err = BadCarts;

    fn from_str(text: &str) -> Result<Self, BadCarts> {
        match text.split_once(':') {
            None if text == "store" => Ok(Self::Store),
            Some(("dynamodb", table)) if is_table(table) => Ok(Self::DynamoDb(table.to_owned())),
            _ => Err(BadCarts::Name),
        }
    }
}

/// As DynamoDB allows them.
fn is_table(name: &str) -> bool {
    let is_allowed = |b: u8| b.is_ascii_alphanumeric() || b"_.-".contains(&b);
    (3..=255).contains(&name.len()) && name.bytes().all(is_allowed)
}

impl TryFrom<String> for CartsName {
    type Error = BadCarts;

    fn try_from(text: String) -> Result<Self, BadCarts> {
        text.parse()
    }
}

impl From<CartsName> for String {
    fn from(name: CartsName) -> Self {
        name.to_string()
    }
}

impl fmt::Display for CartsName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Store => f.write_str("store"),
            Self::DynamoDb(table) => write!(f, "dynamodb:{table}"),
        }
    }
}

/// The table of this name; none where carts are with the orders.
pub(crate) async fn open(name: &CartsName) -> Result<Option<Arc<dyn CartTable>>, BadCarts> {
    match name {
        CartsName::Store => Ok(None),
        #[cfg(feature = "dynamodb")]
        CartsName::DynamoDb(table) => {
            let place = aws::Place {
                region: "",
                endpoint: None,
            };
            let carts = super::dynamodb::DynamoCarts::open(place, table).await?;
            Ok(Some(Arc::new(carts)))
        }
        #[cfg(not(feature = "dynamodb"))]
        CartsName::DynamoDb(_) => Err(BadCarts::NotBuilt),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_the_store_or_a_table() {
        for name in ["store", "dynamodb:terrace-carts", "dynamodb:a_B.3"] {
            assert_eq!(name.parse::<CartsName>().unwrap().to_string(), name);
        }
        for name in [
            "",
            "dynamodb",
            "dynamodb:",
            "dynamodb:ab",
            "dynamodb:two words",
            "dynamodb:a/b",
            "redis:carts",
            "store:carts",
        ] {
            let refusal = name.parse::<CartsName>().unwrap_err();
            assert!(matches!(refusal, BadCarts::Name), "{name}");
        }
    }

    #[cfg(not(feature = "dynamodb"))]
    #[tokio::test]
    async fn a_table_that_the_program_cannot_speak_with_is_refused() {
        let table = CartsName::DynamoDb("carts".to_owned());

        let refusal = open(&table).await.err().unwrap();

        assert!(
            refusal.to_string().contains("feature dynamodb"),
            "{refusal}"
        );
    }
}
