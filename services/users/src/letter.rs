//! What people are told by letter about their account. `notices` writes and sends the letters; here is
//! only to whom, and what about. It goes there as an event, sealed: neither the outbox nor a stream shows
//! who somebody is, or the token of a link.

use std::sync::Arc;

use kit::{events::Event, seal::SealingKey};
use secrecy::{ExposeSecret, SecretString};
use serde::{Serialize, Serializer};
use uuid::Uuid;

use crate::{
    group::Group,
    user::{Email, Name, User},
};

/// The topic of the event.
pub const TOPIC: &str = "letter";

/// What letters are sealed for, on both sides.
const PURPOSE: &str = "letters";

/// A letter to one address. It shows nothing in logs.
#[derive(Clone, Debug, Serialize)]
pub struct Letter {
    /// Where it goes: not always the address of the account, which may be about to change.
    #[serde(serialize_with = "email_text")]
    pub to: Email,
    /// Whom it greets.
    #[serde(serialize_with = "name_text")]
    pub name: Name,
    /// What it says.
    #[serde(flatten)]
    pub kind: Kind,
}

/// What a letter says. A token is what its link proves: letters, digits, `-` and `_`.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Kind {
    /// Prove that this address is yours, by a link.
    VerifyAddress {
        /// What the link proves.
        #[serde(serialize_with = "exposed")]
        token: SecretString,
    },
    /// Choose a new password, by a link.
    ResetPassword {
        /// What the link proves.
        #[serde(serialize_with = "exposed")]
        token: SecretString,
    },
    /// The password was changed.
    PasswordChanged,
    /// To the address of the account: it is about to become another one.
    AddressChangeAsked,
    /// To the new one: prove that it is yours, by a link.
    ConfirmAddress {
        /// What the link proves.
        #[serde(serialize_with = "exposed")]
        token: SecretString,
    },
    /// The account has another address.
    AddressChanged,
    /// There is a new way to prove who you are.
    FactorAdded {
        /// Which.
        factor: Factor,
    },
    /// There is one less.
    FactorRemoved {
        /// Which.
        factor: Factor,
    },
    /// There are new recovery codes, and the old ones are void.
    RecoveryCodesMade,
    /// A refresh token came a second time, and its session has ended.
    TokenReused,
    /// One can sign in by another provider.
    ProviderLinked {
        /// Its name: `Example ID`.
        provider: String,
    },
    /// One can no longer.
    ProviderUnlinked {
        /// Its name.
        provider: String,
    },
    /// The account belongs to a group of those who work for the shop.
    GroupGiven {
        /// Which.
        group: Group,
    },
    /// It no longer does, and all sessions have ended.
    GroupTaken {
        /// Which.
        group: Group,
    },
    /// The shop has removed all second factors.
    FactorsReset,
    /// The account is gone.
    AccountDeleted,
}

/// What one proves who one is with, beside the password.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Factor {
    /// An app that shows codes.
    Authenticator,
    /// A passkey.
    Passkey,
}

impl Letter {
    /// To the address of the account.
    pub fn to(user: &User, kind: Kind) -> Self {
        Self {
            to: user.email.clone(),
            name: user.name.clone(),
            kind,
        }
    }
}

/// Seals letters. Clones share the key.
#[derive(Clone)]
pub struct Letters(Arc<SealingKey>);

/// A key of letters that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("letter_keys: expected one or two, and at least 32 bytes in each")]
pub struct BadLetterKey;

/// The facts of the event.
#[derive(Serialize)]
struct Facts {
    sealed: String,
}

impl Letters {
    /// The first key seals.
    pub fn new(keys: &[SecretString]) -> Result<Self, BadLetterKey> {
        let keys = keys.iter().map(|key| SealingKey::new(key, PURPOSE));
        let keys: Result<Vec<_>, _> = keys.collect();
        let keys = keys.map_err(|_| BadLetterKey)?;
        let first = keys.into_iter().next().ok_or(BadLetterKey)?;
        Ok(Self(Arc::new(first)))
    }

    /// The event by which the letter goes out, for the transaction that causes it. Letters about one
    /// account keep their order.
    pub fn event(&self, account: &User, letter: &Letter) -> Event {
        let letter = serde_json::to_vec(letter).expect("a letter is plain data");
        let sealed = self.0.seal(letter);
        Event::new(TOPIC, account.id, &Facts { sealed })
    }
}

impl Letters {
    /// An event that nobody takes, where a letter would have been: as large, and as much work.
    pub(crate) fn for_nobody(&self) -> Event {
        let sealed = self.0.seal(vec![0; 160]);
        Event::new("no-letter", Uuid::now_v7(), &Facts { sealed })
    }
}

fn email_text<S: Serializer>(email: &Email, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(email.as_str())
}

fn name_text<S: Serializer>(name: &Name, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(name.as_str())
}

fn exposed<S: Serializer>(token: &SecretString, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(token.expose_secret())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const KEY: &str = "a-key-of-letters-for-a-unit-test";

    fn letter() -> (User, Letter) {
        let email = Email::parse("rose@garden.example").unwrap();
        let user = User::new(email, Name::parse("Rose").unwrap());
        let token = "zmarkz".into();
        let letter = Letter::to(&user, Kind::ResetPassword { token });
        (user, letter)
    }

    #[test]
    fn a_letter_is_readable_by_who_has_the_key_alone() {
        let letters = Letters::new(&[KEY.into()]).unwrap();
        let (user, letter) = letter();

        let event = letters.event(&user, &letter);

        for told in ["rose", "Rose", "zmarkz", "reset"] {
            assert!(!format!("{event:?}").contains(told), "{event:?}");
        }
        let facts: Value = event.facts().unwrap();
        let key = SealingKey::new(&KEY.into(), PURPOSE).unwrap();
        let opened = key.open(facts["sealed"].as_str().unwrap()).unwrap();
        assert_eq!(
            serde_json::from_slice::<Value>(&opened).unwrap(),
            json!({
                "to": "rose@garden.example",
                "name": "Rose",
                "kind": "reset-password",
                "token": "zmarkz",
            })
        );
    }

    #[test]
    fn a_letter_shows_nothing_in_a_log() {
        let shown = format!("{:?}", letter().1);

        for told in ["rose", "Rose", "zmarkz"] {
            assert!(!shown.contains(told), "{shown}");
        }
    }
}
