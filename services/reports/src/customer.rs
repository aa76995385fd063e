//! Who bought, by a pseudonym: the same customer has the same one, and nobody can turn it back into an account
//! without the key, which is in no table.

use aws_lc_rs::hmac;
use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;

/// The shortest key that is accepted, in bytes.
const MIN_KEY_BYTES: usize = 32;

/// How many bytes of the code are kept: enough that no two customers share one.
const LENGTH: usize = 16;

/// A key that is too short.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected at least {MIN_KEY_BYTES} bytes")]
pub struct ShortKey;

/// A customer: 32 hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pseudonym(String);

impl Pseudonym {
    /// As it is stored.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Makes pseudonyms: HMAC-SHA-256 of the account's id.
#[derive(Clone)]
pub struct Pseudonyms(hmac::Key);

impl Pseudonyms {
    /// Those of this key.
    pub fn new(key: &SecretString) -> Result<Self, ShortKey> {
        let key = key.expose_secret().as_bytes();
        match key.len() < MIN_KEY_BYTES {
            true => Err(ShortKey),
            false => Ok(Self(hmac::Key::new(hmac::HMAC_SHA256, key))),
        }
    }

    /// The account's pseudonym.
    pub fn of(&self, account: Uuid) -> Pseudonym {
        let code = hmac::sign(&self.0, account.as_bytes());
        Pseudonym(hex::encode(&code.as_ref()[..LENGTH]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_customer_has_one_pseudonym_and_another_by_another_key() {
        let [one, other] = ["one", "other"].map(|key| {
            let key = format!("{key:-<32}");
            Pseudonyms::new(&key.into()).unwrap()
        });
        let account = Uuid::now_v7();

        assert_eq!(one.of(account), one.of(account));
        assert_ne!(one.of(account), one.of(Uuid::now_v7()));
        assert_ne!(one.of(account), other.of(account));
        assert_eq!(one.of(account).as_str().len(), 32);
        assert_eq!(Pseudonyms::new(&"short".into()).err(), Some(ShortKey));
    }
}
