//! Text fields of bodies: what they may hold and how the document describes it, from one pair of
//! numbers each. They take any text while JSON is read and judge it when they are parsed, so that
//! every field at fault is named at once.

use std::borrow::Cow;

use serde::Deserialize;
use unicode_normalization::UnicodeNormalization;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema, Type},
};

use super::{Faults, Parse};

/// A line of text as people type it; kept trimmed, composed (NFC, so that it is the same whatever
/// keyboard it was typed on), without control characters and others that nobody sees, `MIN` to
/// `MAX` characters long. With a `MIN` of 0 it may be empty.
#[derive(Clone, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(transparent)]
pub struct Line<const MIN: usize, const MAX: usize>(String);

/// Text of several lines: trimmed, with no control characters but line feeds, at most `MAX`
/// characters long.
#[derive(Clone, Default, Deserialize)]
#[serde(transparent)]
pub struct Lines<const MAX: usize>(String);

/// A country by its code of two capital letters (ISO 3166-1 alpha-2).
#[derive(Clone, Deserialize)]
#[serde(transparent)]
pub struct Country(String);

impl<const MIN: usize, const MAX: usize> Line<MIN, MAX> {
    /// The line to keep, or the rule that `text` breaks.
    pub fn check(text: &str) -> Result<String, String> {
        let line: String = text.trim().nfc().collect();
        if line.chars().any(char::is_control) {
            return Err(CONTROL_CHARACTERS.to_owned());
        }
        if line.chars().any(is_invisible) {
            return Err(INVISIBLE_CHARACTERS.to_owned());
        }
        if MIN > 0 && !line.is_empty() && line.chars().all(|c| JOINERS.contains(&c)) {
            return Err(INVISIBLE_CHARACTERS.to_owned());
        }
        match line.chars().count() < MIN {
            true => Err(length(MIN, MAX)),
            false => fits(text, MIN, MAX).map(|()| line),
        }
    }

    /// The text as it was sent, whatever it is.
    pub fn as_sent(&self) -> &str {
        &self.0
    }
}

const CONTROL_CHARACTERS: &str = "has control characters";
const INVISIBLE_CHARACTERS: &str = "has characters that nobody can see";

/// Join or part the letters of some scripts, and the parts of an emoji; alone they are nothing.
const JOINERS: [char; 2] = ['\u{200c}', '\u{200d}'];

/// What has no shape of its own: it makes two names look alike, turns text around, or hides it. The
/// pattern of [`Line`] has the same.
const fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{ad}'
            | '\u{61c}'
            | '\u{115f}'
            | '\u{1160}'
            | '\u{17b4}'
            | '\u{17b5}'
            | '\u{180e}'
            | '\u{200b}'
            | '\u{200e}'
            | '\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{3164}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff9}'..='\u{fffb}'
    )
}

/// The same, and control characters, within the brackets of a pattern.
macro_rules! unseen {
    () => {
        concat!(
            r"\x00-\x1f\x7f-\x9f\xad\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200e\u200f",
            r"\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb"
        )
    };
}

/// What [`str::trim`] takes away, within the brackets of a pattern. What `\s` means depends on the reader.
macro_rules! space {
    () => {
        r" \t\n\x0b\f\r\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
    };
}

/// Counts the characters as they were sent, as readers of the document do.
fn fits(text: &str, min: usize, max: usize) -> Result<(), String> {
    match text.chars().count() <= max {
        true => Ok(()),
        false => Err(length(min, max)),
    }
}

fn length(min: usize, max: usize) -> String {
    match min {
        0 => format!("has at most {max} characters"),
        _ => format!("has {min} to {max} characters"),
    }
}

impl<const MIN: usize, const MAX: usize> Parse for Line<MIN, MAX> {
    type Valid = String;

    fn parse(self, faults: &mut Faults) -> Option<String> {
        faults.field("", Self::check(&self.0))
    }
}

impl<const MAX: usize> Parse for Lines<MAX> {
    type Valid = String;

    fn parse(self, faults: &mut Faults) -> Option<String> {
        if self.0.chars().any(|c| c.is_control() && c != '\n') {
            faults.add("", CONTROL_CHARACTERS);
            return None;
        }
        faults.field("", fits(&self.0, 0, MAX))?;
        Some(self.0.trim().to_owned())
    }
}

impl Parse for Country {
    type Valid = String;

    fn parse(self, faults: &mut Faults) -> Option<String> {
        let is_code = self.0.len() == 2 && self.0.bytes().all(|byte| byte.is_ascii_uppercase());
        let fault = "is a country code of two capital letters (ISO 3166-1 alpha-2)";
        faults.field("", is_code.then_some(self.0).ok_or(fault))
    }
}

fn schema(min: usize, max: usize, pattern: &str, meaning: String) -> RefOr<Schema> {
    let text = ObjectBuilder::new()
        .schema_type(Type::String)
        .min_length((min > 0).then_some(min))
        .max_length(Some(max))
        .pattern(Some(pattern))
        .description(Some(meaning));
    text.into()
}

impl<const MIN: usize, const MAX: usize> PartialSchema for Line<MIN, MAX> {
    fn schema() -> RefOr<Schema> {
        let pattern = match MIN {
            0 => concat!("^[", space!(), "]*[^", unseen!(), "]*[", space!(), "]*$"),
            // One character at least is neither space nor a joiner. Without look-ahead, so that it can be
            // matched in linear time.
            _ => concat!(
                "^[",
                space!(),
                "]*[^",
                unseen!(),
                "]*[^",
                space!(),
                r"\u200c\u200d",
                unseen!(),
                "][^",
                unseen!(),
                "]*[",
                space!(),
                "]*$"
            ),
        };
        let meaning = match MIN {
            0 => format!("A line of at most {MAX} characters."),
            _ => format!("A line of {MIN} to {MAX} characters."),
        };
        schema(MIN, MAX, pattern, meaning)
    }
}

impl<const MAX: usize> PartialSchema for Lines<MAX> {
    fn schema() -> RefOr<Schema> {
        let meaning = format!("Lines of at most {MAX} characters in all.");
        schema(0, MAX, r"^[^\x00-\x09\x0b-\x1f\x7f-\x9f]*$", meaning)
    }
}

impl PartialSchema for Country {
    fn schema() -> RefOr<Schema> {
        let code = "A country's code, ISO 3166-1 alpha-2.";
        let code = ObjectBuilder::new()
            .schema_type(Type::String)
            .pattern(Some("^[A-Z]{2}$"))
            .description(Some(code));
        code.into()
    }
}

impl<const MIN: usize, const MAX: usize> ToSchema for Line<MIN, MAX> {
    fn name() -> Cow<'static, str> {
        format!("Line_{MIN}_{MAX}").into()
    }
}

impl<const MAX: usize> ToSchema for Lines<MAX> {
    fn name() -> Cow<'static, str> {
        format!("Lines_{MAX}").into()
    }
}

impl ToSchema for Country {}
