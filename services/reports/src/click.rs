//! What somebody looked at, as it is kept: nothing of who it was.
//!
//! A search is told without the visit and by the hour, because what people type may be about themselves.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The longest search that is kept, in characters.
pub const MAX_WORDS: usize = 60;

/// What somebody looked at: a line of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Click {
    /// One of its own: a click that was kept twice is found by it.
    pub id: Uuid,
    /// When, to the second; a search, to the hour.
    pub at: Timestamp,
    /// What it was.
    #[serde(flatten)]
    pub seen: Seen,
}

/// What was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Seen {
    /// A page, by the template of its path.
    Page {
        /// The random name of what one tab saw until it was loaded anew.
        visit: Uuid,
        /// Such as `/product/[slug]`.
        page: String,
    },
    /// A product.
    Product {
        /// As for a page.
        visit: Uuid,
        /// Which one.
        product_id: Uuid,
    },
    /// A search.
    Search {
        /// What for; none where it may be about a person.
        words: Option<String>,
        /// How many products its first page showed.
        found: i64,
    },
}

impl Click {
    /// What was seen so long before `now`.
    pub fn new(seen: Seen, now: Timestamp, ago: SignedDuration) -> Self {
        let precision = match seen {
            Seen::Search { .. } => 3600,
            Seen::Page { .. } | Seen::Product { .. } => 1,
        };
        let second = (now - ago).as_second();
        let at = Timestamp::from_second(second - second.rem_euclid(precision));
        Self {
            // Not one that tells the time.
            id: Uuid::new_v4(),
            at: at.expect("a time of now, and a little earlier"),
            seen,
        }
    }

    /// The day whose file it is in, in UTC.
    pub fn day(&self) -> String {
        crate::fact::day(self.at)
    }
}

/// The words of a search as they are kept. None where they are long, or have signs of an address, a number or a
/// password. No machine tells a person's name from a plant's.
pub fn keepable(words: &str) -> Option<String> {
    const MAX_DIGITS: usize = 3;
    const MAX_WORD: usize = 24;
    let words = words.to_lowercase();
    let words: Vec<&str> = words.split_whitespace().collect();
    let kept = words.join(" ");
    let is_plain = |c: char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '\'' | '’' | '&');
    let is_kept = (1..=MAX_WORDS).contains(&kept.chars().count())
        && kept.chars().all(is_plain)
        && kept.chars().filter(|c| c.is_numeric()).count() <= MAX_DIGITS
        && words.iter().all(|word| word.chars().count() <= MAX_WORD);
    is_kept.then_some(kept)
}

/// A line each, as [`Click`] is read.
pub(crate) fn lines<'a>(clicks: impl IntoIterator<Item = &'a Click>) -> Vec<u8> {
    let mut lines = Vec::new();
    for click in clicks {
        serde_json::to_writer(&mut lines, click).expect("a click is plain data");
        lines.push(b'\n');
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_kept_unless_they_may_be_about_a_person() {
        for (typed, kept) in [
            ("Tomato", "tomato"),
            ("  forget-me-not\t seeds ", "forget-me-not seeds"),
            ("Mother’s day", "mother’s day"),
            ("pot 30 cm", "pot 30 cm"),
            ("crème & brûlée", "crème & brûlée"),
            ("トマト", "トマト"),
        ] {
            assert_eq!(keepable(typed).as_deref(), Some(kept), "{typed}");
        }
        for typed in [
            "",
            "   ",
            "rose@garden.example",
            "rose at garden.example",
            "https://terrace.example/reset?token=x",
            "+1 503 555 0100",
            "4242 4242 4242 4242",
            "order 10432",
            "97201",
            "s3cr3t!",
            "correcthorsebatterystaplecorrect",
            "a line that goes on and on and on and on and on and on and on",
            "rose\0",
            "<script>",
        ] {
            assert_eq!(keepable(typed), None, "{typed}");
        }
    }

    #[test]
    fn a_search_has_no_visit_and_no_minute() {
        let now: Timestamp = "2026-03-01T10:59:31.5Z".parse().unwrap();
        let ago = SignedDuration::from_millis(2_700);
        let visit = Uuid::new_v4();
        let page = Seen::Page {
            visit,
            page: "/shop".to_owned(),
        };
        let search = Seen::Search {
            words: Some("tomato".to_owned()),
            found: 0,
        };

        let line = |seen| serde_json::to_value(Click::new(seen, now, ago)).unwrap();

        let (page, search) = (line(page), line(search));
        assert_eq!(page["at"], "2026-03-01T10:59:28Z");
        assert_eq!(page["visit"], visit.to_string());
        assert_eq!(search["at"], "2026-03-01T10:00:00Z");
        let fields: Vec<_> = search.as_object().unwrap().keys().collect();
        assert_eq!(fields, ["at", "found", "id", "kind", "words"]);
    }
}
