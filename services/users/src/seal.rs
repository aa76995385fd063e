//! What is kept, or given out of our hands, so that nobody else can read it or change it: sealed with
//! AES-256-GCM under a key that is derived from the signing key, which all replicas have.
//!
//! A purpose is sealed in too, so that nothing passes for something else.

use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey},
    hmac,
};
use secrecy::{ExposeSecret, SecretString};

/// Seals and opens.
pub(crate) struct Seal(RandomizedNonceKey);

impl Seal {
    /// By a key of its own for each `label`.
    pub(crate) fn new(signing_key: &SecretString, label: &str) -> Self {
        let key = derived(signing_key, label);
        let key = RandomizedNonceKey::new(&AES_256_GCM, key.as_ref());
        Self(key.expect("a tag has the length of this key"))
    }

    /// Seals for this purpose.
    pub(crate) fn seal(&self, purpose: &[u8], plain: &[u8]) -> Vec<u8> {
        let mut sealed = plain.to_vec();
        let nonce = self
            .0
            .seal_in_place_append_tag(Aad::from(purpose), &mut sealed);
        let nonce = nonce.expect("the system has random numbers");
        [&nonce.as_ref()[..], &sealed].concat()
    }

    /// What was sealed for this purpose; none where it was changed, or sealed by another key.
    pub(crate) fn open(&self, purpose: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, sealed) = sealed.split_at_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut opened = sealed.to_vec();
        let length = self.0.open_in_place(nonce, Aad::from(purpose), &mut opened);
        let length = length.ok()?.len();
        opened.truncate(length);
        Some(opened)
    }
}

/// A key for one use of the signing key.
pub(crate) fn derived(signing_key: &SecretString, label: &str) -> hmac::Tag {
    let root = hmac::Key::new(hmac::HMAC_SHA256, signing_key.expose_secret().as_bytes());
    hmac::sign(&root, label.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_opens_for_its_purpose_alone_and_not_when_changed() {
        let seal = Seal::new(&"a signing key".into(), "secrets");
        let mut sealed = seal.seal(b"rose", b"a secret");

        assert_eq!(seal.open(b"rose", &sealed).unwrap(), b"a secret");
        assert_eq!(seal.open(b"lily", &sealed), None);
        for label in [
            ("another signing key", "secrets"),
            ("a signing key", "other"),
        ] {
            let other = Seal::new(&label.0.into(), label.1);
            assert_eq!(other.open(b"rose", &sealed), None);
        }
        assert_eq!(seal.open(b"rose", &sealed[..10]), None);
        *sealed.last_mut().unwrap() ^= 1;
        assert_eq!(seal.open(b"rose", &sealed), None);
    }
}
