//! A user, and what a user is made of.

use std::fmt;

use jiff::Timestamp;
use kit::http::Line;
use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;

/// An e-mail address, normalised to lower case. Shows nothing in logs.
#[derive(Clone, PartialEq, Eq)]
pub struct Email(String);

impl Email {
    /// Takes what looks like an address; whether it exists only a letter could tell.
    pub fn parse(value: &str) -> Result<Self, String> {
        // Lower case can be longer ("İ"), so the length is that of what is stored.
        let value = Line::<3, 254>::check(&value.to_lowercase())?;
        let shape = value.split_once('@').filter(|(local, domain)| {
            let domain_ok = domain.split('.').count() >= 2
                && domain.split('.').all(|label| !label.is_empty())
                && domain
                    .chars()
                    .all(|c| c.is_alphanumeric() || c == '.' || c == '-');
            !local.is_empty() && local.len() <= 64 && domain_ok
        });
        match shape {
            Some(_) if !value.contains(char::is_whitespace) => Ok(Self(value)),
            _ => Err("is not an e-mail address".to_owned()),
        }
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

/// A new password: 10 to 128 characters, any characters (NIST SP 800-63B §5.1.1.2).
pub struct Password(SecretString);

impl Password {
    /// Takes a password that is long enough to be worth hashing, and short enough to be hashed.
    pub fn parse(value: &SecretString) -> Result<Self, String> {
        if (10..=128).contains(&value.expose_secret().chars().count()) {
            Ok(Self(value.clone()))
        } else {
            Err("has 10 to 128 characters".to_owned())
        }
    }

    /// The password itself.
    pub fn secret(&self) -> &SecretString {
        &self.0
    }
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

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
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
            created_at: Timestamp::now(),
        }
    }

    /// The groups that tokens name.
    pub fn groups(&self) -> &'static [&'static str] {
        if self.is_staff {
            &["customer", "staff"]
        } else {
            &["customer"]
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
        ] {
            assert!(Email::parse(nonsense).is_err(), "{nonsense}");
        }
    }

    #[test]
    fn an_address_is_measured_as_it_is_stored() {
        let domain = format!("{}.example", "a".repeat(224));
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
