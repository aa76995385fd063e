//! A session: a family of refresh tokens, each of which works once.
//!
//! Rotation with reuse detection (RFC 9700 §4.14.2): a token that comes a second time means that
//! two parties hold it, so the whole family ends. There is no grace window, because a thief would
//! use it as well as a slow network. The price: tabs that share the cookie take turns (the
//! storefront holds a Web Lock), and who loses the answer to a refresh signs in once more.

use aws_lc_rs::{digest, rand};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;

/// How long a refresh token works; each rotation begins anew.
pub const LIFE: SignedDuration = SignedDuration::from_hours(30 * 24);

/// The cookie that carries the refresh token.
pub const COOKIE: &str = "terrace_refresh";

/// A refresh token: 256 random bits, known to the browser alone.
pub struct RefreshToken(SecretString);

/// What the store knows of a refresh token: its SHA-256.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenHash(pub Vec<u8>);

/// A place in a session family, as stored.
#[derive(Clone, Debug)]
pub struct Session {
    /// The token's hash.
    pub token: TokenHash,
    /// The session that it belongs to, from one sign-in on.
    pub family: Uuid,
    /// Whose session it is.
    pub user_id: Uuid,
    /// Until when the token works.
    pub expires_at: Timestamp,
}

impl RefreshToken {
    /// A new one.
    pub fn generate() -> Self {
        let mut bytes = [0; 32];
        rand::fill(&mut bytes).expect("the system has random numbers");
        Self(URL_SAFE_NO_PAD.encode(bytes).into())
    }

    /// One that a browser sent.
    pub fn received(value: &str) -> Self {
        Self(value.to_owned().into())
    }

    /// What is stored of it.
    pub fn hash(&self) -> TokenHash {
        let bytes = self.0.expose_secret().as_bytes();
        TokenHash(digest::digest(&digest::SHA256, bytes).as_ref().to_vec())
    }

    /// The token itself, for the cookie.
    pub fn secret(&self) -> &str {
        self.0.expose_secret()
    }
}

impl Session {
    /// The next place in a family, for a new token.
    pub fn new(token: &RefreshToken, family: Uuid, user_id: Uuid) -> Self {
        Self {
            token: token.hash(),
            family,
            user_id,
            expires_at: Timestamp::now() + LIFE,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_stored_as_its_hash_and_never_shown() {
        let token = RefreshToken::generate();

        let session = Session::new(&token, Uuid::now_v7(), Uuid::now_v7());

        assert_eq!(session.token, RefreshToken::received(token.secret()).hash());
        assert_eq!(session.token.0.len(), 32);
        assert!(!format!("{session:?}").contains(token.secret()));
        assert_ne!(RefreshToken::generate().secret(), token.secret());
    }
}
