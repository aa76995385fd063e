//! Words, texts and brackets of Rust, TypeScript, JSON and Python, with what belongs together: no more of a language than it
//! takes to find where an element of a list, a statement or an item begins and ends.

use std::ops::Range;

/// Whose comments and quotes they are.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Language {
    Rust,
    Script,
    Json,
    Python,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Word,
    /// In quotes.
    Text,
    Sign,
    Open,
    Close,
    Comment,
}

#[derive(Clone, Debug)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) at: Range<usize>,
    /// Of a bracket: where its other half is.
    pub(super) other: usize,
}

/// The tokens of a text; brackets that have no other half are signs.
pub(super) fn tokens(text: &str, language: Language) -> Vec<Token> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let rest = &text[at..];
        let first = rest.chars().next().unwrap_or_default();
        let (kind, length) = if first.is_whitespace() {
            at += first.len_utf8();
            continue;
        } else if let Some(length) = comment(rest, language) {
            (Kind::Comment, length)
        } else if let Some(length) = quoted(rest, language) {
            (Kind::Text, length)
        } else if first.is_alphanumeric() || first == '_' {
            let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_'));
            (Kind::Word, end.unwrap_or(rest.len()))
        } else {
            (bracket(text, at, language), first.len_utf8())
        };
        found.push(Token {
            kind,
            at: at..at + length,
            other: 0,
        });
        at += length;
    }
    pair(text, &mut found);
    found
}

fn comment(rest: &str, language: Language) -> Option<usize> {
    let line = || Some(rest.find('\n').unwrap_or(rest.len()));
    match language {
        Language::Python if rest.starts_with('#') => line(),
        Language::Rust | Language::Script if rest.starts_with("//") => line(),
        Language::Rust | Language::Script if rest.starts_with("/*") => {
            Some(rest.find("*/").map_or(rest.len(), |end| end + 2))
        }
        _ => None,
    }
}

fn quoted(rest: &str, language: Language) -> Option<usize> {
    if language == Language::Rust {
        if let Some(length) = raw(rest) {
            return Some(length);
        }
        if rest.starts_with('\'') {
            // A character; what is not closed at once is a lifetime.
            let mut characters = rest.char_indices().skip(1);
            let (_, first) = characters.next()?;
            if first == '\\' {
                return rest[3..].find('\'').map(|end| end + 4);
            }
            let (end, second) = characters.next()?;
            return (second == '\'').then_some(end + 1);
        }
    }
    if language == Language::Python && rest.starts_with("\"\"\"") {
        return Some(rest[3..].find("\"\"\"").map_or(rest.len(), |end| end + 6));
    }
    let quote = rest.chars().next()?;
    let is_quote = match language {
        Language::Rust | Language::Json => quote == '"',
        Language::Python => matches!(quote, '"' | '\''),
        Language::Script => matches!(quote, '"' | '\'' | '`'),
    };
    if !is_quote {
        return None;
    }
    let mut escaped = false;
    for (end, c) in rest.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            // An apostrophe in the text of a page.
            '\n' if quote == '\'' => return None,
            _ if c == quote => return Some(end + 1),
            _ => {}
        }
    }
    None
}

/// A text of Rust without escapes.
fn raw(rest: &str) -> Option<usize> {
    let from = rest.strip_prefix("br").or(rest.strip_prefix('r'))?;
    let marks = from.len() - from.trim_start_matches('#').len();
    if !from[marks..].starts_with('"') {
        return None;
    }
    let end = format!("\"{}", "#".repeat(marks));
    let begun = rest.len() - from.len() + marks + 1;
    let length = rest[begun..].find(&end)?;
    Some(begun + length + end.len())
}

/// What a sign is. Comparisons have spaces around them, as rustfmt writes them; brackets of types have none within.
fn bracket(text: &str, at: usize, language: Language) -> Kind {
    let bytes = text.as_bytes();
    let before = at.checked_sub(1).map_or(b' ', |before| bytes[before]);
    let after = bytes.get(at + 1).copied().unwrap_or(b' ');
    match bytes[at] {
        b'(' | b'[' | b'{' => Kind::Open,
        b')' | b']' | b'}' => Kind::Close,
        b'<' if language == Language::Rust
            && !after.is_ascii_whitespace()
            && !matches!(after, b'=' | b'<') =>
        {
            Kind::Open
        }
        b'>' if language == Language::Rust
            && !before.is_ascii_whitespace()
            && !matches!(before, b'-' | b'=') =>
        {
            Kind::Close
        }
        _ => Kind::Sign,
    }
}

fn pair(text: &str, found: &mut [Token]) {
    let mut open: Vec<usize> = Vec::new();
    for at in 0..found.len() {
        let sign = &text[found[at].at.clone()];
        match found[at].kind {
            Kind::Open => open.push(at),
            Kind::Close => {
                let opener = match sign {
                    ")" => "(",
                    "]" => "[",
                    "}" => "{",
                    _ => "<",
                };
                let is_of = |it: &usize| &text[found[*it].at.clone()] == opener;
                // What began as a bracket of a type and has no end was none.
                let place = match opener {
                    "<" => open
                        .last()
                        .is_some_and(is_of)
                        .then(|| open.len().wrapping_sub(1)),
                    _ => open.iter().rposition(is_of),
                };
                let Some(place) = place else {
                    found[at].kind = Kind::Sign;
                    continue;
                };
                for lost in open.drain(place + 1..).collect::<Vec<_>>() {
                    found[lost].kind = Kind::Sign;
                }
                let opened = open.pop().unwrap_or_default();
                found[opened].other = at;
                found[at].other = opened;
            }
            _ => {}
        }
    }
    for lost in open {
        found[lost].kind = Kind::Sign;
    }
}
