//! Texts of a policy in which `*` and `?` may stand for others, and `${key}` for what the request says:
//! `${key, 'default'}`, and `${*}`, `${?}`, `${$}` for these characters themselves.

use std::{borrow::Cow, str::Chars};

use crate::decision::Context;

/// Whether letters differ by case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Case {
    Exact,
    Ignored,
}

/// Such a text, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Template(Vec<Token>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Char(char),
    /// Any number of characters.
    Any,
    /// One character.
    One,
    Variable {
        key: Box<str>,
        default: Option<Box<str>>,
    },
}

impl Template {
    /// With `wildcards`, `*` and `?` stand for others. Fails with a sentence.
    pub(crate) fn parse(text: &str, wildcards: bool) -> Result<Self, String> {
        let mut tokens = Vec::new();
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            if let Some(inside) = rest.strip_prefix("${") {
                let (inside, after) = inside
                    .split_once('}')
                    .ok_or_else(|| format!("`{text}`: a variable ends with a closing brace"))?;
                tokens.push(variable(inside).ok_or_else(|| {
                    format!("`{text}`: `${{{inside}}}` is no variable such as `${{key}}` or `${{key, 'default'}}`")
                })?);
                rest = after;
                continue;
            }
            tokens.push(match first {
                '*' if wildcards => Token::Any,
                '?' if wildcards => Token::One,
                other => Token::Char(other),
            });
            rest = &rest[first.len_utf8()..];
        }
        Ok(Self(tokens))
    }

    /// At most `most` parts with `separator` between, as [`str::splitn`]; one in a variable does not separate.
    pub(crate) fn splitn(self, most: usize, separator: char) -> Vec<Self> {
        let parts = self
            .0
            .splitn(most, |token| *token == Token::Char(separator));
        parts.map(|part| Self(part.to_vec())).collect()
    }

    /// The keys of its variables.
    pub(crate) fn variables(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|token| match token {
            Token::Variable { key, .. } => Some(&**key),
            _ => None,
        })
    }

    pub(crate) fn has_wildcards(&self) -> bool {
        self.0
            .iter()
            .any(|it| matches!(it, Token::Any | Token::One))
    }

    /// Whether `text` is such a text. A variable that the request does not say matches nothing.
    pub(crate) fn matches(&self, text: &str, case: Case, context: &dyn Context) -> bool {
        self.resolve(context)
            .is_some_and(|pattern| matches(&pattern, text, case))
    }

    /// With values in the place of variables, whose wildcards are characters like others.
    fn resolve(&self, context: &dyn Context) -> Option<Cow<'_, [Token]>> {
        if self.variables().next().is_none() {
            return Some(Cow::Borrowed(&self.0));
        }
        let mut resolved = Vec::new();
        for token in &self.0 {
            match token {
                Token::Variable { key, default } => {
                    let values = context.values(key);
                    let value = match (&*values, default) {
                        ([only], _) => only.as_str(),
                        ([], Some(default)) => default,
                        _ => return None,
                    };
                    resolved.extend(value.chars().map(Token::Char));
                }
                other => resolved.push(other.clone()),
            }
        }
        Some(Cow::Owned(resolved))
    }
}

fn variable(inside: &str) -> Option<Token> {
    if let "*" | "?" | "$" = inside {
        return inside.chars().next().map(Token::Char);
    }
    let (key, default) = match inside.split_once(',') {
        None => (inside, None),
        Some((key, default)) => {
            let default = default.trim().strip_prefix('\'')?.strip_suffix('\'')?;
            (key, Some(default.into()))
        }
    };
    let is_key = |it: char| it.is_ascii_alphanumeric() || ":/._-+=@".contains(it);
    let key = key.trim().to_ascii_lowercase();
    (!key.is_empty() && key.chars().all(is_key)).then(|| Token::Variable {
        key: key.into(),
        default,
    })
}

/// Goes back to the last `*` alone, so that no pattern takes long.
fn matches(pattern: &[Token], text: &str, case: Case) -> bool {
    let (mut at, mut rest) = (0, text.chars());
    let mut last: Option<(usize, Chars<'_>)> = None;
    loop {
        let mut after = rest.clone();
        match (pattern.get(at), after.next()) {
            (None, None) => return true,
            (Some(Token::Any), _) => {
                at += 1;
                last = Some((at, rest.clone()));
            }
            (Some(token), Some(next)) if is(token, next, case) => {
                at += 1;
                rest = after;
            }
            _ => {
                let Some((behind, from)) = &mut last else {
                    return false;
                };
                if from.next().is_none() {
                    return false;
                }
                (at, rest) = (*behind, from.clone());
            }
        }
    }
}

fn is(token: &Token, next: char, case: Case) -> bool {
    match token {
        Token::One => true,
        Token::Char(own) if *own == next => true,
        Token::Char(own) => case == Case::Ignored && own.to_lowercase().eq(next.to_lowercase()),
        Token::Any | Token::Variable { .. } => false,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn matching(pattern: &str, text: &str) -> bool {
        let context = BTreeMap::from([
            ("aws:userid".to_owned(), vec!["ada*".to_owned()]),
            ("many".to_owned(), vec!["a".to_owned(), "b".to_owned()]),
        ]);
        let pattern = Template::parse(pattern, true).unwrap();
        pattern.matches(text, Case::Exact, &context)
    }

    #[test]
    fn wildcards_stand_for_any_text_and_for_one_character() {
        for (pattern, text) in [
            ("*", ""),
            ("*", "a/b:c"),
            ("a*c", "abcbc"),
            ("a?c", "aéc"),
            ("*ab*ab", "xabyabzab"),
            ("a${*}c", "a*c"),
            ("${$}{x}", "${x}"),
        ] {
            assert!(matching(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in [
            ("", "a"),
            ("a?c", "ac"),
            ("a*c", "acb"),
            ("a${*}c", "abc"),
            ("A", "a"),
        ] {
            assert!(!matching(pattern, text), "{pattern} {text}");
        }
    }

    #[test]
    fn a_variable_is_what_the_request_says_and_its_wildcards_are_none() {
        assert!(matching("u/${aws:UserId}/?", "u/ada*/x"));
        assert!(!matching("u/${aws:userid}", "u/adam"));
        assert!(matching("${aws:username, 'nobody'}", "nobody"));
        assert!(!matching("${aws:username}*", ""));
        assert!(!matching("${many}", "a"), "of several values none is meant");
    }

    #[test]
    fn a_pattern_of_stars_takes_no_long_time() {
        let pattern = "a*".repeat(2_000) + "b";

        assert!(!matching(&pattern, &"a".repeat(4_000)));
    }

    #[test]
    fn a_broken_variable_is_refused() {
        for text in ["${", "${}", "${a b}", "${a, b}", "${a, 'b}"] {
            assert!(Template::parse(text, true).is_err(), "{text}");
        }
    }
}
