//! What a new password has to be: long enough, and not among those that are tried first (NIST SP 800-63B-4
//! §3.1.1.2). No rule of what characters it is made of.

use secrecy::{ExposeSecret, SecretString};
use unicode_normalization::UnicodeNormalization;

/// How many guesses somebody needs at least who tries the likeliest first: common passwords, names and
/// words, dates, rows of keys, and what people make of them (zxcvbn, USENIX Security 2016, whose lists
/// the crate brings along). Online an account can be tried some thousand times a day.
const MIN_GUESSES: u64 = 1_000_000;

/// How much of a password is looked at for that: the work grows with the square of its length.
const LOOKED_AT: usize = 40;

/// A new password: 10 to 128 characters, any characters.
pub(crate) struct NewPassword(SecretString);

/// A password as it is hashed: the same whatever keyboard it was typed on (RFC 8265 §4.2.2: every
/// space is a plain one, and NFC).
pub(crate) fn normalised(password: &SecretString) -> SecretString {
    let text = password.expose_secret().chars();
    let text = text.map(|c| {
        if c.is_whitespace() && !c.is_ascii() {
            ' '
        } else {
            c
        }
    });
    text.nfc().collect::<String>().into()
}

impl NewPassword {
    /// Takes a password that is worth hashing, and short enough to be hashed. What is known of its
    /// owner, `about`, makes a bad one.
    pub(crate) fn parse(value: &SecretString, about: &[&str]) -> Result<Self, String> {
        let value = normalised(value);
        let text = value.expose_secret();
        if !(10..=128).contains(&text.chars().count()) {
            return Err("has 10 to 128 characters".to_owned());
        }
        let start: String = text.chars().take(LOOKED_AT).collect();
        let words = about
            .iter()
            .flat_map(|text| text.split(['@', '.', ' ', '+', '-', '_']));
        let known: Vec<&str> = about
            .iter()
            .copied()
            .chain(words)
            .chain(["terrace"])
            .collect();
        if zxcvbn::zxcvbn(&start, &known).guesses() < MIN_GUESSES {
            return Err("is among the first that somebody would guess".to_owned());
        }
        Ok(Self(value))
    }

    /// The password itself.
    pub(crate) fn secret(&self) -> &SecretString {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<NewPassword, String> {
        NewPassword::parse(&text.into(), &["rose@garden.example", "Rose Gardener"])
    }

    #[test]
    fn a_password_is_the_same_on_every_keyboard() {
        let (composed, apart) = (
            parse("cr\u{e8}me br\u{fb}l\u{e9}e").ok().unwrap(),
            parse("cre\u{300}me\u{a0}bru\u{302}le\u{301}e")
                .ok()
                .unwrap(),
        );

        assert_eq!(
            composed.secret().expose_secret(),
            apart.secret().expose_secret()
        );
    }

    #[test]
    fn what_is_guessed_first_is_refused() {
        for bad in [
            "1234567890",
            "qwertyuiop",
            "password123",
            "aaaaaaaaaaaaaaaaaaaaaaaaa",
            "iloveyou1234",
            "rose@garden.example",
            "Rose Gardener",
            "gardener2026",
            "Terrace1234",
            "abcabcabcabc",
        ] {
            assert!(parse(bad).is_err(), "{bad}");
        }
        for good in [
            "a long pass phrase",
            "correct horse battery staple",
            "Kx9!vQ2#mL",
            "ыфваолдж-2кроты",
        ] {
            assert!(parse(good).is_ok(), "{good}: {:?}", parse(good).err());
        }
    }

    #[test]
    fn a_password_is_measured_in_characters() {
        assert!(parse("Kx9!vQ2#m").is_err(), "nine");
        assert!(parse(&"Kx9!vQ2#mL".repeat(12)).is_ok(), "120");
        assert!(parse(&"Kx9!vQ2#mL".repeat(13)).is_err(), "130");
    }
}
