//! What a visitor looks for: filters, order, and the words of a search.

mod facets;
mod name;
#[cfg(feature = "opensearch")]
pub(crate) mod opensearch;
mod port;
mod suggestions;
mod synonyms;

use std::collections::BTreeSet;

use aws_lc_rs::digest;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use facets::{Band, Facets, bands};
pub(crate) use facets::{Group, bounds};
pub use name::{IndexPlace, SearchName};
pub(crate) use port::open;
pub use port::{BadSearch, Engine, Search};
pub use suggestions::Named;
pub(crate) use suggestions::Suggestions;
pub use synonyms::Synonyms;

use crate::terms::{Part, fold, joined, near, stem, terms_of};

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

/// The words of a search: every one must occur, the last may go on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Words(Vec<Word>);

/// A word of a search, as it is indexed. It has letters and digits, and nothing else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Word {
    /// The word itself.
    pub term: String,
    /// Whether it may go on.
    pub goes_on: bool,
    /// What counts as this word: its stem, and what it was mistyped of.
    pub others: Vec<String>,
}

impl Words {
    /// Takes what somebody typed; `None` when there is no word in it.
    pub fn typed(text: &str) -> Option<Self> {
        let mut words: Vec<Word> = terms_of(&joined(&fold(text)))
            .filter(|(_, part)| *part != Part::OfRun)
            .take(8)
            .map(|(term, part)| Word {
                others: stem(&term).into_iter().collect(),
                goes_on: part == Part::Whole,
                term,
            })
            .collect();
        let last = words.len().checked_sub(1)?;
        words[..last].iter_mut().for_each(|it| it.goes_on = false);
        Some(Self(words))
    }

    /// The words in order.
    pub fn iter(&self) -> impl Iterator<Item = &Word> {
        self.0.iter()
    }

    /// Two words that stand side by side, as one: "low light" may be a fact of that name.
    pub fn pairs(&self) -> impl Iterator<Item = Word> {
        self.0.windows(2).map(|pair| Word {
            term: format!("{}{}", pair[0].term, pair[1].term),
            goes_on: pair[1].goes_on,
            others: Vec::new(),
        })
    }

    /// Has what means the same count as well.
    pub fn expand(&mut self, synonyms: &Synonyms) {
        for word in &mut self.0 {
            let forms = [&[word.term.clone()][..], &word.others].concat();
            let others = forms.iter().flat_map(|form| synonyms.of_word(form));
            let mut others: Vec<String> = others.cloned().collect();
            others.sort();
            others.dedup();
            others.retain(|other| !forms.contains(other));
            word.others.extend(others);
        }
    }

    /// Has what no product says count as what some product says and somebody may have meant.
    pub fn correct(&mut self, known: &BTreeSet<String>) {
        for word in &mut self.0 {
            if !word.is_known(known) {
                word.others.extend(near(&word.term, known));
            }
        }
    }
}

impl Word {
    fn is_known(&self, known: &BTreeSet<String>) -> bool {
        let next = known.range(self.term.clone()..).next();
        known.contains(&self.term)
            || self.others.iter().any(|stem| known.contains(stem))
            || self.goes_on && next.is_some_and(|it| it.starts_with(&self.term))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(text: &str) -> Vec<String> {
        let words = Words::typed(text).map_or(Vec::new(), |words| words.0);
        words.into_iter().map(|word| word.term).collect()
    }

    #[test]
    fn words_are_letters_and_digits_and_the_last_may_go_on() {
        assert_eq!(typed("swiss chee"), ["swiss", "chee"]);
        assert_eq!(typed("\"a* OR NEAR("), ["a", "or", "near"]);
        assert_eq!(typed(" -*\"' "), [""; 0]);
        assert_eq!(
            typed("cox's \u{73ab}\u{7470}"),
            ["coxs", "\u{73ab}\u{7470}"]
        );
        assert_eq!(typed("\u{73ab}"), ["\u{73ab}"]);
        let swiss = Words::typed("swiss chee").unwrap();
        let goes_on: Vec<_> = swiss.iter().map(|word| word.goes_on).collect();
        assert_eq!(goes_on, [false, true]);
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
    fn what_nobody_says_is_taken_for_what_is_nearest() {
        let known = [
            "monstera", "month", "prune", "pruned", "rose", "rosemary", "cheese",
        ];
        let known = known.map(str::to_owned).into();
        let corrected = |text| {
            let mut words = Words::typed(text).unwrap();
            let stems = words.0[0].others.len();
            words.correct(&known);
            words.0.remove(0).others.split_off(stems)
        };

        assert_eq!(corrected("monstra"), ["monstera"]);
        assert_eq!(corrected("monsterra"), ["monstera"]);
        assert_eq!(corrected("pruner"), ["prune", "pruned"]);
        for fine in ["rose", "rosem", "heese", "ros", "rzz"] {
            assert_eq!(corrected(fine), [""; 0], "{fine}");
        }
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
