//! The terms by which products are found, made here for every database: what one takes for a word or a
//! letter another does not.

use std::collections::{BTreeSet, HashSet};

use rust_stemmers::{Algorithm, Stemmer};
use unicode_normalization::UnicodeNormalization;
use unicode_properties::{GeneralCategory, GeneralCategoryGroup, UnicodeGeneralCategory};

use crate::product::Details;

/// What a product is found by, and where it says so.
#[derive(Debug, Default)]
pub(crate) struct Terms {
    /// Of its name. What the name ends in stands there twice, the second time marked by [`HEAD`]: a
    /// shrub rose is a rose, rose food is none.
    pub(crate) name: Vec<String>,
    /// Of its botanical name.
    pub(crate) botanical_name: Vec<String>,
    /// Of its category's name.
    pub(crate) category: Vec<String>,
    /// Of its summary.
    pub(crate) summary: Vec<String>,
    /// Of its description and facts.
    pub(crate) rest: Vec<String>,
}

/// What stands before the term that a name ends in: a letter, for databases, that nobody types.
pub(crate) const HEAD: char = '\u{e000}';

impl Terms {
    /// Of a product in a category of this name.
    pub(crate) fn of(details: &Details, category: &str) -> Self {
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
/// what is said of it, is what [`crate::search::Words::pairs`] looks for.
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
fn terms(text: &str) -> Vec<String> {
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

/// The longest term that an index is given, in characters. Nobody may type one of this length.
const LONGEST: usize = 500;

/// A term as an index takes it, which takes none of any length.
pub(crate) fn index_form(term: &str) -> String {
    term.chars().take(LONGEST).collect()
}

/// What a term is a part of.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// A word.
    Whole,
    /// Two characters of a run without spaces, or the only one.
    OfTwo,
    /// One character of a longer run.
    OfRun,
}

pub(crate) fn terms_of(text: &str) -> impl Iterator<Item = (String, Part)> {
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
pub(crate) fn stem(term: &str) -> Option<String> {
    let stem = Stemmer::create(Algorithm::English).stem(term).into_owned();
    (stem != term && stem.chars().count() > 2).then_some(stem)
}

/// The known terms that a word was most likely mistyped of. The first letter is seldom wrong.
pub(crate) fn near(word: &str, known: &BTreeSet<String>) -> Vec<String> {
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
pub(crate) fn split(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !is_letter(c) && !is_accent(c))
        .filter(|word| word.contains(is_letter))
}

/// A text as it is compared: in small letters, without accents.
pub(crate) fn fold(text: &str) -> String {
    let letters = text.nfd().filter(|c| !is_accent(*c) && *c != HEAD);
    let letters = letters.flat_map(char::to_lowercase);
    letters.filter(|c| !is_accent(*c)).nfc().collect()
}

/// A text whose apostrophes within words are gone: coxs, obrien.
pub(crate) fn joined(text: &str) -> String {
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
    }
}
