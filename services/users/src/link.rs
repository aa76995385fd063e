//! The links in letters: whoever opens one proves that they read what is sent to an address. A link works once
//! and not for long, and of several for the same purpose the newest alone.

use std::time::Instant;

use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;

use crate::{
    AppState, Error,
    letter::{Kind, Letter},
    session::{RefreshToken, TokenHash},
    user::{Email, User},
};

/// What a link is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To choose a new password.
    ResetPassword,
    /// To prove that an address is the owner's: the account's, or the one that is to take its place.
    ProveAddress,
}

/// A link, as stored: its token is known to the letter alone.
#[derive(Clone, Debug)]
pub struct Link {
    /// The token's hash.
    pub token: TokenHash,
    /// What it is for.
    pub purpose: Purpose,
    /// Whose account it is about; nobody's where no account has the address.
    pub user_id: Option<Uuid>,
    /// Where the letter goes.
    pub email: Email,
    /// Until when it works.
    pub expires_at: Timestamp,
}

/// The token of a link: 256 bits that nobody can guess. It shows nothing in logs.
#[derive(Clone, Debug)]
pub struct LinkToken(SecretString);

impl Purpose {
    /// How long a link works. Who has forgotten a password waits for the letter; an address may be proven tomorrow.
    pub fn life(self) -> SignedDuration {
        match self {
            Self::ResetPassword => SignedDuration::from_mins(15),
            Self::ProveAddress => SignedDuration::from_hours(48),
        }
    }

    /// As it is stored.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::ResetPassword => "reset-password",
            Self::ProveAddress => "prove-address",
        }
    }
}

impl LinkToken {
    /// A new one.
    pub fn generate() -> Self {
        Self(RefreshToken::generate().secret().into())
    }

    /// One that somebody sent.
    pub fn received(value: SecretString) -> Result<Self, String> {
        match value.expose_secret().chars().count() {
            0..=128 => Ok(Self(value)),
            _ => Err("has at most 128 characters".to_owned()),
        }
    }

    /// What is stored of it.
    pub fn hash(&self) -> TokenHash {
        TokenHash::of(&self.0)
    }

    /// For the letter.
    pub fn secret(&self) -> &SecretString {
        &self.0
    }
}

impl Link {
    /// One for this purpose, from now on.
    pub fn new(
        token: &LinkToken,
        purpose: Purpose,
        user_id: Option<Uuid>,
        email: Email,
        now: Timestamp,
    ) -> Self {
        Self {
            token: token.hash(),
            purpose,
            user_id,
            email,
            expires_at: now + purpose.life(),
        }
    }
}

/// Sends a link by letter to this address of the user; nothing where it had many letters of late.
pub(crate) async fn send(
    state: &AppState,
    user: &User,
    purpose: Purpose,
    to: &Email,
) -> Result<(), Error> {
    let letters = state.guesses.letters_to(to);
    if state.guesses.take(letters, Instant::now()).is_err() {
        return Ok(());
    }
    let token = LinkToken::generate();
    let secret = token.secret().clone();
    let kind = match purpose {
        Purpose::ResetPassword => Kind::ResetPassword { token: secret },
        Purpose::ProveAddress if *to == user.email => Kind::VerifyAddress { token: secret },
        Purpose::ProveAddress => Kind::ConfirmAddress { token: secret },
    };
    let letter = Letter {
        to: to.clone(),
        ..Letter::to(user, kind)
    };
    let link = Link::new(
        &token,
        purpose,
        Some(user.id),
        to.clone(),
        state.clock.now(),
    );
    let event = state.letters.event(user, &letter);
    state.store.replace_link(&link, &[event]).await
}

/// Does as much for an address that has no account, so that nobody finds that out by the time it takes.
pub(crate) async fn pretend(state: &AppState, email: Email) -> Result<(), Error> {
    let letters = state.guesses.letters_to(&email);
    if state.guesses.take(letters, Instant::now()).is_err() {
        return Ok(());
    }
    let (token, purpose) = (LinkToken::generate(), Purpose::ResetPassword);
    let link = Link::new(&token, purpose, None, email, state.clock.now());
    let event = state.letters.for_nobody();
    state.store.replace_link(&link, &[event]).await
}
