//! Text for whoever has the key, on its way through places that others can read: sealed with AES-256-GCM,
//! so that nobody else reads it or changes it unseen. Sealed text names its key, so that keys can be rotated.

use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey},
    hmac,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use secrecy::{ExposeSecret, SecretString};

/// The shortest key that is accepted, in bytes.
const MIN_KEY_BYTES: usize = 32;

/// How many bytes of sealed text name the key.
const NAME_LENGTH: usize = 4;

/// A key that is too short.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected at least {MIN_KEY_BYTES} bytes in each")]
pub struct ShortKey;

/// Seals for one purpose.
pub struct SealingKey {
    name: [u8; NAME_LENGTH],
    key: RandomizedNonceKey,
}

impl SealingKey {
    /// Derives the key for this purpose, such as `session tokens`.
    pub fn new(key: &SecretString, purpose: &str) -> Result<Self, ShortKey> {
        let key = key.expose_secret().as_bytes();
        if key.len() < MIN_KEY_BYTES {
            return Err(ShortKey);
        }
        let key = hmac::Key::new(hmac::HMAC_SHA256, key);
        let derived = |label: &str| hmac::sign(&key, label.as_bytes());
        let name = derived("name");
        let name = name.as_ref().first_chunk();
        let key = RandomizedNonceKey::new(&AES_256_GCM, derived(purpose).as_ref());
        Ok(Self {
            name: *name.expect("a tag has 32 bytes"),
            key: key.expect("a tag has the length of this key"),
        })
    }

    /// The text, sealed, in base64url.
    pub fn seal(&self, text: impl Into<Vec<u8>>) -> String {
        let mut sealed = text.into();
        let nonce = self
            .key
            .seal_in_place_append_tag(Aad::from(self.name), &mut sealed);
        let nonce = nonce.expect("the system has random numbers");
        URL_SAFE_NO_PAD.encode([&self.name[..], nonce.as_ref(), &sealed].concat())
    }

    /// What was sealed with this key for this purpose; none for anything else.
    pub fn open(&self, sealed: &str) -> Option<Vec<u8>> {
        let mut sealed = URL_SAFE_NO_PAD.decode(sealed).ok()?;
        let (name, sealed) = sealed.split_at_mut_checked(NAME_LENGTH)?;
        if name != self.name {
            return None;
        }
        let (nonce, sealed) = sealed.split_at_mut_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let opened = self
            .key
            .open_in_place(nonce, Aad::from(self.name), sealed)
            .ok()?;
        Some(opened.to_vec())
    }
}
