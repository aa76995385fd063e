//! What a visitor looks for: filters, order, and the words of a search.

use aws_lc_rs::digest;
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;
use unicode_properties::{GeneralCategory, GeneralCategoryGroup, UnicodeGeneralCategory};
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
    /// The words that must occur.
    pub words: Option<Words>,
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

/// The words of a search: every one must occur, the last may go on. Each has letters or digits, and
/// nothing but these and accents.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Words(Vec<String>);

impl Words {
    /// Takes what somebody typed; `None` when there is no word in it.
    pub fn typed(text: &str) -> Option<Self> {
        let words: Vec<String> = split(text).take(8).map(str::to_owned).collect();
        (!words.is_empty()).then_some(Self(words))
    }

    /// The words in order, each with whether it may go on.
    pub fn iter(&self) -> impl Iterator<Item = (&str, bool)> {
        let last = self.0.len() - 1;
        let words = self.0.iter().enumerate();
        words.map(move |(at, word)| (&**word, at == last))
    }
}

/// The words of a text: letters and digits with their accents, as SQLite's index takes them.
pub fn split(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !is_letter(c) && !is_accent(c))
        .filter(|word| word.contains(is_letter))
}

/// A word as it is compared: in small letters, without accents.
pub fn fold(word: &str) -> String {
    let letters = word.nfd().filter(|c| !is_accent(*c));
    let letters = letters.flat_map(char::to_lowercase);
    letters.filter(|c| !is_accent(*c)).collect()
}

fn is_letter(c: char) -> bool {
    use GeneralCategoryGroup::{Letter, Number};
    matches!(c.general_category_group(), Letter | Number)
        || c.general_category() == GeneralCategory::PrivateUse
}

/// Whether this stands on the letter before it, as in decomposed text; a search passes over it.
fn is_accent(c: char) -> bool {
    ('\u{300}'..='\u{36f}').contains(&c)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(text: &str) -> Vec<String> {
        let words = Words::typed(text).map_or(Vec::new(), |words| words.0);
        words.iter().map(|word| fold(word)).collect()
    }

    #[test]
    fn words_are_letters_and_digits_and_the_last_may_go_on() {
        assert_eq!(typed("swiss chee"), ["swiss", "chee"]);
        assert_eq!(typed("\"a* OR NEAR("), ["a", "or", "near"]);
        assert_eq!(typed(" -*\"' "), [""; 0]);
        let swiss = Words::typed("swiss chee").unwrap();
        assert_eq!(
            swiss.iter().collect::<Vec<_>>(),
            [("swiss", false), ("chee", true)]
        );
    }

    #[test]
    fn an_accent_neither_ends_a_word_nor_tells_it_from_another() {
        for typed_so in [
            "e\u{301}chinacea",
            "\u{e9}chinacea",
            "\u{c9}CHINACEA",
            "echinacea",
        ] {
            assert_eq!(typed(typed_so), ["echinacea"]);
        }
        assert_eq!(typed("\u{301}"), [""; 0]);
        assert_eq!(fold("\u{130}stanbul"), "istanbul");
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
                words: Words::typed("1"),
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
