//! A letter as users wrote it: to whom, and what about. It shows nothing in logs.

use std::fmt;

use kit::seal::{SealingKey, ShortKey};
use secrecy::SecretString;
use serde::Deserialize;

/// What letters are sealed for, on both sides.
const PURPOSE: &str = "letters";

/// A letter, opened.
#[derive(Deserialize)]
pub(crate) struct Letter {
    pub(crate) to: String,
    pub(crate) name: String,
    #[serde(flatten)]
    pub(crate) kind: Kind,
}

/// What it says. A kind that is not here comes from newer users: the letter waits for newer notices.
#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub(crate) enum Kind {
    VerifyAddress { token: Token },
    ResetPassword { token: Token },
    PasswordChanged,
    AddressChangeAsked,
    ConfirmAddress { token: Token },
    AddressChanged,
    FactorAdded { factor: Factor },
    FactorRemoved { factor: Factor },
    RecoveryCodesMade,
    TokenReused,
    ProviderLinked { provider: String },
    ProviderUnlinked { provider: String },
    GroupGiven { group: Group },
    GroupTaken { group: Group },
    FactorsReset,
    AccountDeleted,
}

/// What one proves who one is with, beside the password.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Factor {
    Authenticator,
    Passkey,
}

/// A group of those who work for the shop.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Group {
    Staff,
    Manager,
}

/// What a link proves: nothing that could end the link, or lead elsewhere.
#[derive(Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Token(String);

impl Token {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Token {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
        match !text.is_empty() && text.chars().all(is_plain) {
            true => Ok(Self(text)),
            false => Err("a token has letters, digits, - and _"),
        }
    }
}

impl fmt::Debug for Letter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Letter(…)")
    }
}

/// Opens letters.
pub(crate) struct Opener(Vec<SealingKey>);

impl Opener {
    pub(crate) fn new(keys: &[SecretString]) -> Result<Self, ShortKey> {
        let keys = keys.iter().map(|key| SealingKey::new(key, PURPOSE));
        keys.collect::<Result<_, _>>().map(Self)
    }

    /// The letter, or why it cannot be read; that tells nothing of what is in it.
    pub(crate) fn open(&self, sealed: &str) -> Result<Letter, &'static str> {
        let opened = self.0.iter().find_map(|key| key.open(sealed));
        let opened = opened.ok_or("it cannot be opened: letter_keys are not those of users")?;
        serde_json::from_slice(&opened)
            .map_err(|_| "it cannot be read: users are of another version")
    }
}
