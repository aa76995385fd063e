//! What a visitor looks for: filters, order, and the words of a search.

use aws_lc_rs::digest;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How a list is ordered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
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
#[derive(Clone, Debug, Default, Serialize)]
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

impl Filter {
    /// A name of this list, so that a page can tell whether it is one of this list: another order
    /// or another filter has another name.
    pub fn name(&self) -> String {
        let filter = serde_json::to_vec(self).expect("a filter is plain data");
        let hash = digest::digest(&digest::SHA256, &filter);
        let start = &hash.as_ref()[..6];
        start.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// Turns what somebody typed into an FTS5 query: every word must occur, the last may go on.
/// Nothing of FTS5's own language gets through. `None` when there is no word in it.
pub fn words(typed: &str) -> Option<String> {
    let words: Vec<&str> = typed
        .split(|c: char| !c.is_alphanumeric() && !is_accent(c))
        .filter(|word| word.contains(char::is_alphanumeric))
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

/// Whether this stands on the letter before it, as in decomposed text; the index passes over it.
fn is_accent(c: char) -> bool {
    ('\u{300}'..='\u{36f}').contains(&c)
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

    #[test]
    fn an_accent_does_not_end_a_word() {
        let decomposed = "e\u{301}chinacea";

        let query = words(decomposed);

        assert_eq!(query, Some(format!("\"{decomposed}\"*")));
        assert_eq!(words("\u{301}"), None);
    }

    #[test]
    fn another_order_or_filter_is_another_list() {
        let lists = [
            Filter::default(),
            Filter {
                sort: Sort::Price,
                ..Filter::default()
            },
            Filter {
                min_price: Some(1),
                ..Filter::default()
            },
            Filter {
                max_price: Some(1),
                ..Filter::default()
            },
            Filter {
                words: Some("1".to_owned()),
                ..Filter::default()
            },
            Filter {
                category: Some("1".to_owned()),
                ..Filter::default()
            },
        ];

        let names: std::collections::HashSet<_> = lists.iter().map(Filter::name).collect();

        assert_eq!(names.len(), lists.len());
        assert_eq!(lists[0].name(), Filter::default().name());
    }
}
