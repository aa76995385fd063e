//! A user, and what a user is made of.

use std::fmt;

use jiff::Timestamp;
use kit::http::Line;
use unicode_normalization::char::is_combining_mark;
use uuid::Uuid;

use crate::people::fold;

/// An e-mail address, in one form: lower case, composed (NFC), the domain as people read it and not
/// as punycode. Shows nothing in logs.
#[derive(Clone, PartialEq, Eq)]
pub struct Email(String);

impl Email {
    /// Takes what looks like an address (RFC 5322 §3.2.3 without quotes, RFC 6531 §3.3, RFC 5891);
    /// whether it exists only a letter could tell.
    pub fn parse(value: &str) -> Result<Self, String> {
        let no_address = || "is not an e-mail address".to_owned();
        // Lower case can be longer ("İ"), so the length is that of what is stored.
        let value = Line::<3, 254>::check(&value.to_lowercase())?;
        let (local, domain) = value.split_once('@').ok_or_else(no_address)?;
        let domain = one_form(domain).ok_or_else(no_address)?;
        if local.len() > 64 || !local.split('.').all(is_atom) {
            return Err(no_address());
        }
        Line::<3, 254>::check(&format!("{local}@{domain}")).map(Self)
    }

    /// Under which addresses an account may be found: there are some that were opened by rules which
    /// are no longer ours.
    pub fn candidates(value: &str) -> Vec<Self> {
        let as_once = value.trim().to_lowercase();
        let as_once = (as_once.len() <= 254 && as_once.contains('@')).then_some(Self(as_once));
        let mut candidates: Vec<_> = Self::parse(value).ok().into_iter().chain(as_once).collect();
        candidates.dedup();
        candidates
    }

    /// One that has been stored, by whatever rules.
    pub(crate) fn stored(value: String) -> Self {
        Self(value)
    }

    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Email(…)")
    }
}

/// A domain as people read it, of at least two labels; none where there can be no such domain.
fn one_form(domain: &str) -> Option<String> {
    let ascii = idna::domain_to_ascii_strict(domain).ok()?;
    let (unicode, is_valid) = idna::domain_to_unicode(&ascii);
    (is_valid.is_ok() && ascii.contains('.')).then_some(unicode)
}

/// Whether this may stand between the dots of what is before the `@`.
fn is_atom(text: &str) -> bool {
    let is_allowed = |c: char| match c.is_ascii() {
        true => c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c),
        false => c.is_alphanumeric() || is_combining_mark(c),
    };
    !text.is_empty() && text.chars().all(is_allowed)
}

/// A name as it is sent.
pub type NameLine = Line<1, 100>;

/// A name to greet a user by.
#[derive(Clone)]
pub struct Name(String);

impl Name {
    /// Takes any name; people are called all kinds of things.
    pub fn parse(value: &str) -> Result<Self, String> {
        NameLine::check(value).map(Self)
    }

    /// One that has been stored, by whatever rules.
    pub(crate) fn stored(value: String) -> Self {
        Self(value)
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name as people are found by it.
    pub(crate) fn folded(&self) -> String {
        fold(&self.0)
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Name(…)")
    }
}

/// A user as stored.
#[derive(Clone, Debug)]
pub struct User {
    /// The id, `sub` in tokens.
    pub id: Uuid,
    /// The e-mail address.
    pub email: Email,
    /// The name.
    pub name: Name,
    /// Whether the user works for the shop.
    pub is_staff: bool,
    /// Whether the user looks after people.
    pub is_manager: bool,
    /// Since when.
    pub created_at: Timestamp,
}

impl User {
    /// A new customer.
    pub fn new(email: Email, name: Name) -> Self {
        Self {
            id: Uuid::now_v7(),
            email,
            name,
            is_staff: false,
            is_manager: false,
            created_at: Timestamp::now(),
        }
    }

    /// The groups that the user is in.
    pub fn groups(&self) -> &'static [&'static str] {
        match (self.is_staff, self.is_manager) {
            (_, true) => &["customer", "staff", "manager"],
            (true, false) => &["customer", "staff"],
            (false, false) => &["customer"],
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_address_is_normalised_and_nonsense_is_refused() {
        assert_eq!(
            Email::parse(" Rose@Garden.Example ").unwrap().as_str(),
            "rose@garden.example"
        );
        for nonsense in [
            "",
            "rose",
            "@garden.example",
            "rose@garden",
            "a b@c.de",
            "a\0@c.de",
            "a@b@c.de",
            "a@b..c",
            "a@.c",
            "a..b@c.de",
            ".a@c.de",
            "a.@c.de",
            "<a>@c.de",
            "\"a\"@c.de",
            "a,b@c.de",
            "a@c.de.",
            "a@-c.de",
            "a@c_d.de",
            "a@xn--a.de",
            "ro\u{200b}se@garden.example",
            "\u{feff}rose@garden.example",
            "ro\u{200d}se@garden.example",
            "\u{202e}rose@garden.example",
            "rose@gar\u{ad}den\u{2060}.example",
        ] {
            assert!(Email::parse(nonsense).is_err(), "{nonsense}");
        }
    }

    #[test]
    fn an_address_has_one_form_however_it_is_typed() {
        for (typed, stored) in [
            ("ren\u{e9}e@garden.example", "ren\u{e9}e@garden.example"),
            ("rene\u{301}e@garden.example", "ren\u{e9}e@garden.example"),
            ("RENE\u{301}E@Garden.Example", "ren\u{e9}e@garden.example"),
            ("rose@g\u{e4}rten.example", "rose@g\u{e4}rten.example"),
            ("rose@GA\u{308}RTEN.example", "rose@g\u{e4}rten.example"),
            ("rose@xn--grten-gra.example", "rose@g\u{e4}rten.example"),
            ("rose+shop@garden.example", "rose+shop@garden.example"),
            ("o'neil@garden.example", "o'neil@garden.example"),
        ] {
            let email = Email::parse(typed).unwrap();
            assert_eq!(email.as_str(), stored, "{typed}");
        }
    }

    #[test]
    fn a_name_that_cannot_be_seen_is_refused() {
        for name in [
            "\u{200b}",
            "\u{200d}",
            "Ro\u{200b}se",
            "\u{202e}esoR",
            "\u{3164}",
            "Rose\u{2066}",
        ] {
            assert!(Name::parse(name).is_err(), "{name:?}");
        }
        for name in [
            "Rose",
            "Ren\u{e9}e",
            "\u{645}\u{6cc}\u{200c}\u{62e}\u{648}\u{627}\u{647}\u{645}",
            "\u{1f469}\u{200d}\u{1f33e}",
        ] {
            assert!(Name::parse(name).is_ok(), "{name:?}");
        }
    }

    #[test]
    fn an_address_is_measured_as_it_is_stored() {
        let labels = [55, 55, 55, 56].map(|length| "a".repeat(length));
        let domain = format!("{}.example", labels.join("."));
        let fits = format!("{}@{domain}", "i".repeat(21));
        let grows = format!("{}@{domain}", "İ".repeat(21));

        assert_eq!((fits.chars().count(), grows.chars().count()), (254, 254));
        assert!(Email::parse(&fits).is_ok());
        assert!(Email::parse(&grows).is_err());
    }

    proptest! {
        /// A row that was written can be read.
        #[test]
        fn what_parsed_once_parses_again_to_the_same(text in ".{0,40}", host in "[A-Za-zİΣß.-]{1,12}") {
            for value in [text.clone(), format!("{text}@{host}")] {
                if let Ok(email) = Email::parse(&value) {
                    prop_assert!(Email::parse(email.as_str()).is_ok_and(|again| again == email));
                }
                if let Ok(name) = Name::parse(&value) {
                    let again = Name::parse(name.as_str());
                    prop_assert!(again.is_ok_and(|again| again.as_str() == name.as_str()));
                }
            }
        }
    }

    #[test]
    fn nothing_personal_shows_in_a_log() {
        let email = Email::parse("rose@garden.example").unwrap();
        let user = User::new(email, Name::parse("Rose").unwrap());

        let shown = format!("{user:?}");

        assert!(
            !shown.contains("rose") && !shown.contains("Rose"),
            "{shown}"
        );
    }
}
