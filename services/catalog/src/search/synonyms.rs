//! Words that mean the same.

use std::collections::HashMap;

use crate::terms::{Part, fold, joined, stem, terms_of};

/// Words that mean the same, each with what counts as it. The same for every way to find products: a search is given them,
/// an index is not, so that they may change without being indexed again.
#[derive(Clone, Debug, Default)]
pub struct Synonyms(HashMap<String, Vec<String>>);

impl Synonyms {
    /// Of groups of words. A synonym of several words is none.
    pub fn of(groups: &[Vec<String>]) -> Self {
        let mut known: HashMap<String, Vec<String>> = HashMap::new();
        for group in groups {
            let words: Vec<String> = group.iter().filter_map(|word| only_word(word)).collect();
            for word in &words {
                let others = words.iter().filter(|other| *other != word);
                let others = others.flat_map(|other| [Some(other.clone()), stem(other)]);
                let others: Vec<String> = others.flatten().collect();
                for key in [Some(word.clone()), stem(word)].into_iter().flatten() {
                    known.entry(key).or_default().extend(others.iter().cloned());
                }
            }
        }
        Self(known)
    }

    /// What counts as this word.
    pub(super) fn of_word(&self, word: &str) -> &[String] {
        self.0.get(word).map_or(&[], Vec::as_slice)
    }
}

fn only_word(text: &str) -> Option<String> {
    let folded = joined(&fold(text));
    let mut terms = terms_of(&folded);
    let (term, part) = terms.next()?;
    (part == Part::Whole && terms.next().is_none()).then_some(term)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_word_of_a_group_counts_as_the_others_in_each_form() {
        let group = |words: &[&str]| words.iter().map(|it| (*it).to_owned()).collect();
        let synonyms = Synonyms::of(&[
            group(&["Courgettes", "zucchini"]),
            group(&["spade", "shovel", "hand fork"]),
        ]);

        assert_eq!(synonyms.of_word("zucchini"), ["courgettes", "courgett"]);
        assert_eq!(synonyms.of_word("courgett"), ["zucchini"]);
        assert_eq!(synonyms.of_word("spade"), ["shovel"]);
        assert_eq!(synonyms.of_word("fork"), [""; 0]);
    }
}
