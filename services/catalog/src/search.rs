//! What a visitor looks for: filters, order, and the words of a search.

use serde::Deserialize;
use utoipa::ToSchema;

/// How a list is ordered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize, ToSchema)]
pub enum Sort {
    /// The best match first; without a search the most popular first.
    #[default]
    #[serde(rename = "relevance")]
    Relevance,
    /// By name.
    #[serde(rename = "name")]
    Name,
    /// The cheapest first.
    #[serde(rename = "price")]
    Price,
    /// The dearest first.
    #[serde(rename = "-price")]
    PriceDescending,
    /// The newest first.
    #[serde(rename = "newest")]
    Newest,
}

/// What a visitor looks for.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// The words, as an FTS5 query.
    pub words: Option<String>,
    /// A category's id.
    pub category: Option<String>,
    /// The lowest price, in cents.
    pub min_price: Option<i64>,
    /// The highest price, in cents.
    pub max_price: Option<i64>,
    /// Only what can be bought now.
    pub in_stock: bool,
    /// How it is ordered.
    pub sort: Sort,
}

/// Turns what somebody typed into an FTS5 query: every word must occur, the last may go on.
/// Nothing of FTS5's own language gets through. `None` when there is no word in it.
pub fn words(typed: &str) -> Option<String> {
    let words: Vec<&str> = typed
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .take(8)
        .collect();
    let (last, before) = words.split_last()?;
    let mut query = String::new();
    for word in before {
        query.push_str(&format!("\"{word}\" "));
    }
    query.push_str(&format!("\"{last}\"*"));
    Some(query)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_and_the_last_may_go_on() {
        assert_eq!(words("swiss chee").as_deref(), Some("\"swiss\" \"chee\"*"));
        assert_eq!(
            words("\"a* OR NEAR(").as_deref(),
            Some("\"a\" \"OR\" \"NEAR\"*")
        );
        assert_eq!(words(" -*\"' "), None);
    }
}
