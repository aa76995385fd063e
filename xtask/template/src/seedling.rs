//! A seedling, and the rules of what one may be.

use jiff::Timestamp;
use kit::http::Line;
use uuid::Uuid;

/// What a seedling is called, in bodies.
pub(crate) type NameField = Line<1, 80>;

/// A name: one line of 1 to 80 characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name(String);

/// A seedling.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seedling {
    /// Its id: a later one sorts after it.
    pub id: Uuid,
    /// What it is called.
    pub name: Name,
    /// When it was added, to the millisecond.
    pub created_at: Timestamp,
}

impl Name {
    /// The name, or the rule that `text` breaks.
    pub fn parse(text: &str) -> Result<Self, String> {
        NameField::check(text).map(Self)
    }

    /// As text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Seedling {
    /// A new one.
    pub fn new(name: Name) -> Self {
        let now = Timestamp::now().as_millisecond();
        Self {
            id: Uuid::now_v7(),
            name,
            created_at: Timestamp::from_millisecond(now).expect("now is a time"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_line_that_somebody_can_read() {
        assert_eq!(Name::parse(" Fern ").unwrap().as_str(), "Fern");
        for bad in ["", "  ", "two\nlines", &"x".repeat(81)] {
            Name::parse(bad).unwrap_err();
        }
    }
}
