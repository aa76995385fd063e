//! The words of products and of searches, in the text forms of PostgreSQL's `tsvector` and `tsquery`.
//! They are split and folded here, because what PostgreSQL takes for a letter depends on the
//! database's locale: replicas of two versions, and SQLite, would find different products.

use std::fmt::Write as _;

use crate::{
    product::Details,
    search::{Words, fold, split},
};

/// The longest word that is kept, in characters. Nobody may type one of this length, and PostgreSQL
/// takes none of 2 KiB.
const LONGEST: usize = 500;

/// The search vectors of a product: of all but its description, and of that.
pub(super) fn search_vectors(details: &Details, category: &str) -> (String, String) {
    let botanical_name = details.botanical_name.as_deref().unwrap_or_default();
    let words = vector(&[
        (&details.name, 'A'),
        (botanical_name, 'B'),
        (category, 'C'),
        (&details.summary, 'D'),
    ]);
    (words, vector(&[(&details.description, 'D')]))
}

fn vector(texts: &[(&str, char)]) -> String {
    let mut vector = String::new();
    let words = texts
        .iter()
        .flat_map(|(text, weight)| split(text).map(move |word| (word, weight)));
    for (at, (word, weight)) in words.enumerate() {
        let word = lexeme(word);
        // PostgreSQL counts no further than this.
        let at = (at + 1).min(16_383);
        let _ = write!(vector, "'{word}':{at}{weight} ");
    }
    vector
}

/// The words, each of which must occur; nothing of PostgreSQL's language gets through.
pub(super) fn tsquery(words: &Words) -> String {
    let word = |(word, goes_on)| {
        let word = lexeme(word);
        format!("'{word}'{}", if goes_on { ":*" } else { "" })
    };
    words.iter().map(word).collect::<Vec<_>>().join(" & ")
}

fn lexeme(word: &str) -> String {
    fold(word).chars().take(LONGEST).collect()
}

/// Text that PostgreSQL can compare. It stores no NUL, so what has one equals nothing.
pub(super) fn storable(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_folded_and_weigh_by_where_they_stand() {
        let details = Details {
            name: "Purple coneflower".to_owned(),
            botanical_name: Some("\u{c9}chinacea purpurea".to_owned()),
            summary: "Bees' love".to_owned(),
            description: "It's tall.".to_owned(),
            category: "perennials".to_owned(),
            price: crate::product::Price::cents(100).unwrap(),
            care: String::new(),
            attributes: Default::default(),
        };

        let (words, description_words) = search_vectors(&details, "Perennials");

        assert_eq!(
            words,
            "'purple':1A 'coneflower':2A 'echinacea':3B 'purpurea':4B 'perennials':5C 'bees':6D \
             'love':7D "
        );
        assert_eq!(description_words, "'it':1D 's':2D 'tall':3D ");
        let words = Words::typed("It's \u{c9}chi").unwrap();
        assert_eq!(tsquery(&words), "'it' & 's' & 'echi':*");
    }
}
