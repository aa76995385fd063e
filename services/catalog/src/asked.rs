//! What a visitor asks for in an address, and the filter that it makes.

use serde::Deserialize;

use crate::search::{Filter, Sort, Words};

/// Text of so many characters.
#[derive(Debug, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Text<const MIN: usize, const MAX: usize>(pub(crate) String);

impl<const MIN: usize, const MAX: usize> TryFrom<String> for Text<MIN, MAX> {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        match text.chars().take(MAX + 1).count() {
            few if few < MIN => Err(format!("has at least {MIN} character")),
            some if some <= MAX => Ok(Self(text)),
            _ => Err(format!("has at most {MAX} characters")),
        }
    }
}

/// Words to look for.
pub(crate) type Query = Text<0, 200>;

/// A category's id.
pub(crate) type Category = Text<0, 80>;

/// What a visitor looks for.
pub(crate) struct Asked {
    pub(crate) q: Option<Query>,
    pub(crate) category: Option<Category>,
    pub(crate) min_price: Option<u32>,
    pub(crate) max_price: Option<u32>,
    pub(crate) in_stock: bool,
    pub(crate) sort: Sort,
}

impl Asked {
    /// The filter, or none when the search has no word that could be found.
    pub(crate) fn filter(self) -> Option<Filter> {
        let typed = self.q.filter(|q| !q.0.trim().is_empty());
        let words = match typed {
            Some(typed) => Some(Words::typed(&typed.0)?),
            None => None,
        };
        Some(Filter {
            words,
            category: self.category.map(|category| category.0),
            min_price: self.min_price.map(i64::from),
            max_price: self.max_price.map(i64::from),
            in_stock: self.in_stock,
            sort: self.sort,
        })
    }
}
