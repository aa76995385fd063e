//! What a visitor looks for: filters, order, and the words of a search.

use std::collections::{BTreeSet, HashSet};

use aws_lc_rs::digest;
use rust_stemmers::{Algorithm, Stemmer};
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;
use unicode_properties::{GeneralCategory, GeneralCategoryGroup, UnicodeGeneralCategory};
use utoipa::ToSchema;

use crate::product::Details;

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

/// What a product is found by, and where it says so.
#[derive(Debug, Default)]
pub struct Terms {
    /// Of its name. What the name ends in stands there twice, the second time marked by [`HEAD`]: a
    /// shrub rose is a rose, rose food is none.
    pub name: Vec<String>,
    /// Of its botanical name.
    pub botanical_name: Vec<String>,
    /// Of its category's name.
    pub category: Vec<String>,
    /// Of its summary.
    pub summary: Vec<String>,
    /// Of its description and facts.
    pub rest: Vec<String>,
}

/// What stands before the term that a name ends in: a letter, for databases, that nobody types.
pub const HEAD: char = '\u{e000}';

impl Terms {
    /// Of a product in a category of this name.
    pub fn of(details: &Details, category: &str) -> Self {
        let mut name = terms(&details.name);
        // What follows is a variety or a size: Shrub rose 'Iceberg', Tomato feed, 1 l.
        let kind = details.name.split([',', '(', '\u{2018}']).next();
        let kind = kind.and_then(|name| name.split(" '").next());
        let head = terms(
            kind.and_then(|it| it.split_whitespace().last())
                .unwrap_or(""),
        );
        name.extend(head.into_iter().map(|term| format!("{HEAD}{term}")));
        let mut rest = terms(&details.description);
        for (fact, value) in &details.attributes {
            rest.extend(terms_of_fact(fact, value));
        }
        Self {
            name,
            botanical_name: terms(details.botanical_name.as_deref().unwrap_or_default()),
            category: terms(category),
            summary: terms(&details.summary),
            rest,
        }
    }
}

/// The terms of a fact. What a product is not, it is not found by; a fact's name in one word, and with
/// what is said of it, is what [`Words::pairs`] looks for.
fn terms_of_fact(fact: &str, value: &str) -> Vec<String> {
    let (fact, value) = (fold(fact), fold(value));
    let (fact, value): (Vec<_>, Vec<_>) = (split(&fact).collect(), split(&value).collect());
    if matches!(value.first(), None | Some(&"no" | &"none")) {
        return Vec::new();
    }
    let mut all = terms(&[&fact[..], &value[..]].concat().join(" "));
    all.extend(fact.windows(2).map(|pair| pair.concat()));
    for name in &fact {
        all.extend(value.iter().map(|value| format!("{value}{name}")));
    }
    all
}

/// The terms of a text, each once: its words and their stems, with and without their apostrophes, and
/// of a run of Chinese, Japanese or Korean each character and each two.
pub fn terms(text: &str) -> Vec<String> {
    let text = fold(text);
    let joined = joined(&text);
    let mut seen = HashSet::new();
    terms_of(&joined)
        .chain(terms_of(&text))
        .flat_map(|(term, _)| [stem(&term), Some(term)])
        .flatten()
        .filter(|term| seen.insert(term.clone()))
        .collect()
}

/// What a term is a part of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    /// A word.
    Whole,
    /// Two characters of a run without spaces, or the only one.
    OfTwo,
    /// One character of a longer run.
    OfRun,
}

fn terms_of(text: &str) -> impl Iterator<Item = (String, Part)> {
    let pieces = split(text).flat_map(|word| {
        let letters: Vec<char> = word.chars().collect();
        let runs = letters.chunk_by(|one, next| has_no_spaces(*one) == has_no_spaces(*next));
        runs.map(<[char]>::to_vec).collect::<Vec<_>>()
    });
    pieces.flat_map(|run| {
        if !has_no_spaces(run[0]) {
            return vec![(run.iter().collect(), Part::Whole)];
        }
        let two = run
            .windows(2)
            .map(|two| (two.iter().collect(), Part::OfTwo));
        let part = if run.len() > 1 {
            Part::OfRun
        } else {
            Part::OfTwo
        };
        let one = run.iter().map(|one| (one.to_string(), part));
        two.chain(one).collect()
    })
}

/// The stem of an English word, when it is another than the word: tomato of tomatoes.
fn stem(term: &str) -> Option<String> {
    let stem = Stemmer::create(Algorithm::English).stem(term).into_owned();
    (stem != term && stem.chars().count() > 2).then_some(stem)
}

/// The known terms that a word was most likely mistyped of. The first letter is seldom wrong.
fn near(word: &str, known: &BTreeSet<String>) -> Vec<String> {
    let length = word.chars().count();
    let most = match length {
        0..4 => return Vec::new(),
        4..8 => 1,
        _ => 2,
    };
    let first: String = word.chars().take(1).collect();
    let alike = known.range(first.clone()..);
    let alike = alike.take_while(|term| term.starts_with(&first));
    let mut found: Vec<(usize, &String)> = alike
        .filter(|term| term.chars().count().abs_diff(length) <= most)
        .map(|term| (strsim::osa_distance(term, word), term))
        .filter(|(distance, _)| *distance <= most)
        .collect();
    found.sort();
    let nearest = found.first().map_or(0, |(distance, _)| *distance);
    let found = found.into_iter().filter(|(by, _)| *by == nearest);
    found.take(8).map(|(_, term)| term.clone()).collect()
}

/// The words of a text: letters and digits with their accents, as SQLite's index takes them.
fn split(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !is_letter(c) && !is_accent(c))
        .filter(|word| word.contains(is_letter))
}

/// A text as it is compared: in small letters, without accents.
fn fold(text: &str) -> String {
    let letters = text.nfd().filter(|c| !is_accent(*c) && *c != HEAD);
    let letters = letters.flat_map(char::to_lowercase);
    letters.filter(|c| !is_accent(*c)).nfc().collect()
}

/// A text whose apostrophes within words are gone: coxs, obrien.
fn joined(text: &str) -> String {
    let letters: Vec<char> = text.chars().collect();
    let is_within = |at: usize| {
        let beside = |at: Option<usize>| at.and_then(|at| letters.get(at));
        let [before, after] = [beside(at.checked_sub(1)), beside(Some(at + 1))];
        [before, after]
            .iter()
            .all(|c| c.is_some_and(|c| is_letter(*c)))
    };
    let kept = letters.iter().enumerate();
    kept.filter(|(at, c)| !(matches!(c, '\'' | '\u{2019}' | '\u{2bc}' | '`') && is_within(*at)))
        .map(|(_, c)| *c)
        .collect()
}

/// Whether this is of a script that sets no spaces between words, or that puts endings on them.
fn has_no_spaces(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{ac00}'..='\u{d7a3}'
        | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{323af}')
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
        words.into_iter().map(|word| word.term).collect()
    }

    #[test]
    fn words_are_letters_and_digits_and_the_last_may_go_on() {
        assert_eq!(typed("swiss chee"), ["swiss", "chee"]);
        assert_eq!(typed("\"a* OR NEAR("), ["a", "or", "near"]);
        assert_eq!(typed(" -*\"' "), [""; 0]);
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
    fn a_text_is_found_by_its_stems_with_and_without_apostrophes_and_by_two_characters() {
        assert_eq!(
            terms("O\u{2019}Brien's"),
            ["obrien", "obriens", "o", "brien", "s"]
        );
        assert_eq!(terms("Tomatoes"), ["tomato", "tomatoes"]);
        assert_eq!(
            terms("\u{7ea2}\u{73ab}\u{7470}"),
            [
                "\u{7ea2}\u{73ab}",
                "\u{73ab}\u{7470}",
                "\u{7ea2}",
                "\u{73ab}",
                "\u{7470}"
            ]
        );
        assert_eq!(
            typed("cox's \u{73ab}\u{7470}"),
            ["coxs", "\u{73ab}\u{7470}"]
        );
        assert_eq!(typed("\u{73ab}"), ["\u{73ab}"]);
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
