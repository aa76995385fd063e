//! What a visitor who is still typing may be looking for: words that go on as theirs does, and names that have them. All of it
//! is what the shop's products and categories are called, nothing of what others have typed.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use crate::terms::{fold, joined, near, split};

/// How many suggestions there are at most.
const MOST: usize = 8;

/// How many of them are words while there are names enough.
const WORDS: usize = 4;

/// What a product is called.
#[derive(Clone, Debug)]
pub struct Named {
    /// Its name.
    pub name: String,
    /// Its botanical name, for plants.
    pub botanical_name: Option<String>,
}

/// What may be suggested.
#[derive(Default)]
pub(crate) struct Suggestions {
    /// The names, the first the best.
    names: Vec<String>,
    /// Each word of them, folded.
    words: BTreeMap<String, Word>,
}

/// A word of a name.
struct Word {
    /// As it is shown.
    shown: String,
    /// Which names have it, in their order.
    names: Vec<usize>,
}

impl Suggestions {
    /// Of the categories' names and the products', the most popular first.
    pub(crate) fn of(
        categories: impl IntoIterator<Item = String>,
        products: impl IntoIterator<Item = Named>,
    ) -> Self {
        let products = products.into_iter();
        let products = products.flat_map(|named| [Some(named.name), named.botanical_name]);
        let mut all = Self::default();
        for name in categories.into_iter().chain(products.flatten()) {
            all.add_words(&name, all.names.len());
            all.names.push(name);
        }
        all
    }

    fn add_words(&mut self, text: &str, at: usize) {
        for piece in text.split_whitespace() {
            let words = words(piece);
            let as_written = piece.trim_matches(|c: char| !c.is_alphanumeric());
            for folded in &words {
                let shown = match words.len() {
                    1 => as_written.to_lowercase(),
                    _ => folded.clone(),
                };
                let names = Vec::new();
                let word = self.words.entry(folded.clone());
                let word = word.or_insert(Word { shown, names });
                if word.names.last() != Some(&at) {
                    word.names.push(at);
                }
            }
        }
    }

    /// What to search for, the best first: words by how many names have them, and names by how popular they are.
    pub(crate) fn for_typed(&self, typed: &str) -> Vec<String> {
        let typed = words(typed);
        let Some((last, before)) = typed.split_last() else {
            return Vec::new();
        };
        let before: Option<Vec<&Word>> = before.iter().map(|word| self.whole(word)).collect();
        let Some(before) = before else {
            return Vec::new();
        };
        let mut found = self.going_on(last, &before);
        if found.is_empty() {
            let meant = self.nearest(last, true);
            let meant = meant.iter().flat_map(|it| self.going_on(it, &before));
            found = meant.collect();
        }
        found.sort_by(|(one, of_one), (other, of_other)| {
            let by_names = of_other.len().cmp(&of_one.len());
            let by_best = of_one.cmp(of_other);
            by_names.then(by_best).then(one.shown.cmp(&other.shown))
        });

        let phrases = found.iter().filter(|(word, _)| is_telling(&word.shown));
        let phrases = phrases.map(|(word, _)| {
            let said = before.iter().chain([word]);
            said.map(|word| &*word.shown).collect::<Vec<_>>().join(" ")
        });
        let names: BTreeSet<usize> = found.iter().flat_map(|(_, names)| names).copied().collect();
        let names = names.into_iter().map(|at| self.names[at].clone());
        let mut seen = HashSet::from([typed]);
        let mut is_new = |text: &String| seen.insert(words(text));
        let mut phrases: Vec<String> = phrases.filter(&mut is_new).take(MOST).collect();
        let names: Vec<String> = names.filter(&mut is_new).take(MOST).collect();
        phrases.truncate(WORDS.max(MOST - names.len()));
        phrases.extend(names);
        phrases.truncate(MOST);
        phrases
    }

    /// A word that was typed to its end, or the one that was most likely meant.
    fn whole(&self, word: &str) -> Option<&Word> {
        let known = self.words.get(word);
        known.or_else(|| self.words.get(self.nearest(word, false).first()?))
    }

    /// The words that begin so, each with the names that have it and all of `before`.
    fn going_on(&self, beginning: &str, before: &[&Word]) -> Vec<(&Word, Vec<usize>)> {
        let words = self.words.range(beginning.to_owned()..);
        let words = words.take_while(|(word, _)| word.starts_with(beginning));
        let has_all = |name: &usize| {
            let mut before = before.iter();
            before.all(|word| word.names.binary_search(name).is_ok())
        };
        let words = words.map(|(_, word)| {
            let names = word.names.iter().copied().filter(has_all);
            (word, names.collect::<Vec<_>>())
        });
        words.filter(|(_, names)| !names.is_empty()).collect()
    }

    /// The known words, or beginnings of such, that this was most likely mistyped of.
    fn nearest(&self, word: &str, goes_on: bool) -> Vec<String> {
        let length = word.chars().count();
        let first: String = word.chars().take(1).collect();
        let alike = self.words.range(first.clone()..);
        let alike = alike.take_while(|(known, _)| known.starts_with(&first));
        let beginning = |known: &str, length| known.chars().take(length).collect();
        // Where a letter is missing the beginning that was meant is longer.
        let alike: BTreeSet<String> = alike
            .flat_map(|(known, _)| match goes_on {
                true => vec![beginning(known, length), beginning(known, length + 1)],
                false => vec![known.clone()],
            })
            .collect();
        near(word, &alike)
    }
}

/// The words of a text, as they are compared.
fn words(text: &str) -> Vec<String> {
    split(&joined(&fold(text))).map(str::to_owned).collect()
}

/// Whether a word says something by itself: no size and no single letter does.
fn is_telling(word: &str) -> bool {
    word.chars().count() > 1 && word.starts_with(char::is_alphabetic)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn garden() -> Suggestions {
        let named = [
            ("Shrub rose 'Iceberg'", "Rosa"),
            ("Rosemary", "Salvia rosmarinus"),
            ("Rose food, 2 kg", ""),
            ("Lady\u{2019}s mantle", "Alchemilla mollis"),
            ("\u{c9}clat t\u{ea}te-\u{e0}-t\u{ea}te", ""),
            ("\u{7ea2}\u{73ab}\u{7470}", ""),
            ("Swiss cheese plant", "Monstera deliciosa"),
        ];
        let named = named.map(|(name, botanical_name)| Named {
            name: name.to_owned(),
            botanical_name: Some(botanical_name.to_owned()),
        });
        Suggestions::of(["Rockery".to_owned(), "Plants".to_owned()], named)
    }

    #[test]
    fn words_come_before_names_and_what_more_names_have_first() {
        for (typed, expected) in [
            (
                "ros",
                &[
                    "rose",
                    "rosa",
                    "rosemary",
                    "rosmarinus",
                    "Shrub rose 'Iceberg'",
                    "Salvia rosmarinus",
                    "Rose food, 2 kg",
                ][..],
            ),
            (
                "ROSE",
                &["rosemary", "Shrub rose 'Iceberg'", "Rose food, 2 kg"],
            ),
            ("rose f", &["rose food", "Rose food, 2 kg"]),
            ("food rose", &["Rose food, 2 kg"]),
            ("ladys m", &["lady\u{2019}s mantle"]),
            ("eclat", &["\u{c9}clat t\u{ea}te-\u{e0}-t\u{ea}te"]),
            ("\u{7ea2}", &["\u{7ea2}\u{73ab}\u{7470}"]),
            ("2", &["Rose food, 2 kg"]),
            ("pla", &["plants", "plant", "Swiss cheese plant"]),
            ("rose zzz", &[]),
            ("zzz", &[]),
            ("\"* -", &[]),
            ("", &[]),
        ] {
            assert_eq!(garden().for_typed(typed), expected, "{typed}");
        }
    }

    #[test]
    fn what_begins_no_word_is_taken_for_what_is_nearest() {
        for (typed, expected) in [
            ("mosnt", "monstera"),
            ("monstra", "monstera"),
            ("rsoemary", "rosemary"),
            ("chesse pla", "cheese plant"),
        ] {
            assert_eq!(
                garden().for_typed(typed).first().unwrap(),
                expected,
                "{typed}"
            );
        }
    }

    #[test]
    fn there_are_never_too_many() {
        let named = (0..40).map(|n| Named {
            name: format!("Rose ros{n} rosy{n}"),
            botanical_name: None,
        });
        let many = Suggestions::of([], named).for_typed("ros");

        assert_eq!(many.len(), MOST);
        assert_eq!(many[0], "rose");
        assert_eq!(
            many[WORDS..],
            [
                "Rose ros0 rosy0",
                "Rose ros1 rosy1",
                "Rose ros2 rosy2",
                "Rose ros3 rosy3"
            ]
        );
    }
}
