//! Who finds products, as a setting says it.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use super::BadSearch;

/// Who finds products.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum SearchName {
    /// The store.
    #[default]
    Store,
    /// OpenSearch.
    OpenSearch(IndexPlace),
}

/// Where an index of OpenSearch is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexPlace {
    /// Its nodes: `http://<host>:<port>`, several with commas between; or one `https://<host>`.
    pub nodes: String,
    /// The alias of the index.
    pub alias: String,
    /// Whether requests are signed for the managed service of AWS.
    pub is_signed: bool,
}

impl FromStr for SearchName {
    type Err = BadSearch;

    fn from_str(text: &str) -> Result<Self, BadSearch> {
        if text == "store" {
            return Ok(Self::Store);
        }
        let (scheme, url) = text.split_once(':').ok_or(BadSearch::Name)?;
        let is_signed = match scheme {
            "opensearch" => false,
            "opensearch+aws" => true,
            _ => return Err(BadSearch::Name),
        };
        let (nodes, alias) = url.rsplit_once('/').ok_or(BadSearch::Name)?;
        let addresses = nodes.parse::<client::Addresses>();
        if addresses.is_err() || !is_index(alias) {
            return Err(BadSearch::Name);
        }
        Ok(Self::OpenSearch(IndexPlace {
            nodes: nodes.to_owned(),
            alias: alias.to_owned(),
            is_signed,
        }))
    }
}

/// Letters, digits and hyphens; what is put behind it leaves room.
fn is_index(name: &str) -> bool {
    let is_allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    (1..=100).contains(&name.len()) && name.bytes().all(is_allowed) && !name.starts_with('-')
}

impl TryFrom<String> for SearchName {
    type Error = BadSearch;

    fn try_from(text: String) -> Result<Self, BadSearch> {
        text.parse()
    }
}

impl From<SearchName> for String {
    fn from(name: SearchName) -> Self {
        name.to_string()
    }
}

impl fmt::Display for SearchName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Store => f.write_str("store"),
            Self::OpenSearch(place) => {
                let signed = if place.is_signed { "+aws" } else { "" };
                write!(f, "opensearch{signed}:{}/{}", place.nodes, place.alias)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_engine_is_the_store_or_an_index_of_opensearch() {
        for name in [
            "store",
            "opensearch:http://127.0.0.1:9200/products",
            "opensearch:http://one:9200,http://two:9200/terrace-products",
            "opensearch:https://search.example.com/p",
            "opensearch+aws:https://vpc-terrace-1.eu-central-1.es.amazonaws.com/products",
        ] {
            assert_eq!(name.parse::<SearchName>().unwrap().to_string(), name);
        }
        for name in [
            "",
            "opensearch",
            "opensearch:products",
            "opensearch:http://host:9200/",
            "opensearch:http://host:9200",
            "opensearch:http://host:9200/Products",
            "opensearch:http://host:9200/a*",
            "opensearch:http://user:word@host:9200/products",
            "elasticsearch:http://host:9200/products",
        ] {
            let refusal = name.parse::<SearchName>().unwrap_err();
            assert!(matches!(refusal, BadSearch::Name), "{name}");
        }
    }
}
