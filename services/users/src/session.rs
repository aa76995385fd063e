//! A session: a family of refresh tokens, each of which works once.
//!
//! Rotation with reuse detection (RFC 9700 §4.14.2): a token that comes again means that two parties
//! hold it, so the whole family ends. But a person reloads twice, opens two tabs, or loses an answer:
//! for [`GRACE`] after a rotation the old token gets the same successor once more, never a second one.
//!
//! A successor is derived from the token before it and a random seed, which the store keeps with the
//! used token. So neither of the two suffices: not the database, and not a stolen token. No key has to
//! be kept secret for it, and every replica comes to the same.

use aws_lc_rs::{digest, hmac, rand};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::{SignedDuration, Timestamp};
use kit::events::Event;
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use uuid::Uuid;

use crate::{
    device::Device,
    proof::{Method, Proof},
};

/// How many sessions one person has; one more ends the one that was used the longest ago.
pub const MAX_SESSIONS: i64 = 50;

/// How long sessions live.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lives {
    /// How long a refresh token works; each rotation begins anew.
    pub idle: SignedDuration,
    /// How long a session lives, however often it is renewed: then its owner signs in again.
    pub longest: SignedDuration,
}

impl Default for Lives {
    fn default() -> Self {
        Self {
            idle: SignedDuration::from_hours(30 * 24),
            longest: SignedDuration::from_hours(90 * 24),
        }
    }
}

/// How long after its rotation a token gets its successor again.
pub const GRACE: SignedDuration = SignedDuration::from_secs(10);

/// A refresh token: 256 bits that nobody can guess, known to the browser alone. It shows nothing in
/// logs.
#[derive(Clone, Debug)]
pub struct RefreshToken(SecretString);

/// What the store knows of a refresh token: its SHA-256.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenHash(pub Vec<u8>);

/// What a token's successor is derived from beside the token: 256 random bits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seed(pub Vec<u8>);

/// A place in a session family, as stored.
#[derive(Clone, Debug)]
pub struct Session {
    /// The token's hash.
    pub token: TokenHash,
    /// The session that it belongs to, from one sign-in on.
    pub family: Uuid,
    /// Whose session it is.
    pub user_id: Uuid,
    /// How the user last proved who they are.
    pub proof: Proof,
    /// Where the session is.
    pub device: Device,
    /// Since when there is the token: when the session was last used.
    pub issued_at: Timestamp,
    /// Until when the token works.
    pub expires_at: Timestamp,
}

/// A session, as its owner is told of it.
#[derive(Clone, Debug)]
pub struct Place {
    /// The session.
    pub family: Uuid,
    /// Where it is.
    pub device: Device,
    /// When it was last renewed.
    pub used_at: Timestamp,
}

/// The topic of the event that a session has ended, before its last access token has.
pub const ENDED: &str = "session.ended";

/// The facts of that event.
#[derive(Serialize)]
struct Ended {
    session: Uuid,
}

/// The event for whoever believes access tokens.
pub(crate) fn ended(family: Uuid) -> Event {
    Event::new(ENDED, family, &Ended { session: family })
}

/// When a session began: its id knows (RFC 9562 §5.7).
pub fn began(family: Uuid) -> Timestamp {
    let began_s = family.get_timestamp().map_or(0, |began| began.to_unix().0);
    let began = Timestamp::from_second(i64::try_from(began_s).unwrap_or(0));
    began.unwrap_or_default()
}

impl RefreshToken {
    /// A new one.
    pub fn generate() -> Self {
        Self(URL_SAFE_NO_PAD.encode(random()).into())
    }

    /// The next one of its family: always the same for the same seed.
    pub fn successor(&self, seed: &Seed) -> Self {
        let key = hmac::Key::new(hmac::HMAC_SHA256, self.0.expose_secret().as_bytes());
        Self(URL_SAFE_NO_PAD.encode(hmac::sign(&key, &seed.0)).into())
    }

    /// One that a browser sent.
    pub fn received(value: &str) -> Self {
        Self(value.to_owned().into())
    }

    /// What is stored of it.
    pub fn hash(&self) -> TokenHash {
        TokenHash::of(&self.0)
    }

    /// The token itself, for the cookie.
    pub fn secret(&self) -> &str {
        self.0.expose_secret()
    }
}

impl TokenHash {
    /// Of this token.
    pub(crate) fn of(token: &SecretString) -> Self {
        let bytes = token.expose_secret().as_bytes();
        Self(digest::digest(&digest::SHA256, bytes).as_ref().to_vec())
    }
}

impl Seed {
    /// A new one.
    pub fn generate() -> Self {
        Self(random().to_vec())
    }
}

impl Session {
    /// Begins a family, by a proof of now.
    pub fn begin(
        token: &RefreshToken,
        user_id: Uuid,
        method: Method,
        lives: Lives,
        now: Timestamp,
    ) -> Self {
        let nanos = now.subsec_nanosecond().unsigned_abs();
        let seconds = now.as_second().unsigned_abs();
        let now_v7 = uuid::Timestamp::from_unix(uuid::NoContext, seconds, nanos);
        let family = Uuid::new_v7(now_v7);
        Self {
            token: token.hash(),
            family,
            user_id,
            proof: Proof { method, at: now },
            device: Device::default(),
            issued_at: now,
            expires_at: lives.end(family, now),
        }
    }
}

impl Lives {
    /// Until when a token works that is issued now.
    pub fn end(self, family: Uuid, now: Timestamp) -> Timestamp {
        (began(family) + self.longest).min(now + self.idle)
    }
}

/// Whether a token that was used then may get its successor again. A clock that was set back does
/// not make the time longer.
pub fn may_repeat(used_at: Timestamp, now: Timestamp) -> bool {
    // In milliseconds, as it is stored.
    let since_ms = now.as_millisecond() - used_at.as_millisecond();
    SignedDuration::from_millis(since_ms).abs() <= GRACE
}

fn random() -> [u8; 32] {
    let mut bytes = [0; 32];
    rand::fill(&mut bytes).expect("the system has random numbers");
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_stored_as_its_hash_and_never_shown() {
        let token = RefreshToken::generate();

        let now = Timestamp::now();
        let session = Session::begin(
            &token,
            Uuid::now_v7(),
            Method::Password,
            Lives::default(),
            now,
        );

        assert_eq!(session.token, RefreshToken::received(token.secret()).hash());
        assert_eq!(session.token.0.len(), 32);
        assert!(!format!("{session:?} {token:?}").contains(token.secret()));
        assert_ne!(RefreshToken::generate().secret(), token.secret());
    }

    #[test]
    fn a_successor_takes_both_the_token_and_the_seed() {
        let (token, seed) = (RefreshToken::generate(), Seed::generate());

        let next = token.successor(&seed);

        assert_eq!(next.secret(), token.successor(&seed).secret());
        assert_eq!(next.secret().len(), 43, "256 bits in base64url");
        assert_ne!(next.secret(), token.successor(&Seed::generate()).secret());
        let others = RefreshToken::generate().successor(&seed);
        assert_ne!(next.secret(), others.secret());
    }

    #[test]
    fn renewing_moves_the_end_but_not_beyond_the_longest_life() {
        let (token, user, began) = (RefreshToken::generate(), Uuid::now_v7(), Timestamp::now());
        let days = |days: i64| began + SignedDuration::from_hours(24 * days);
        let lives = Lives::default();
        let first = Session::begin(&token, user, Method::Password, lives, began);
        let renewed_on = |day| lives.end(first.family, days(day));

        assert_eq!(first.expires_at, days(30));
        assert_eq!(renewed_on(29), days(59));
        // The family's id has whole seconds of it here.
        assert_eq!(renewed_on(89).as_second(), days(90).as_second());
    }

    #[test]
    fn a_clock_that_steps_either_way_makes_no_grace_longer() {
        let used_at = Timestamp::now();
        let hour = SignedDuration::from_hours(1);

        assert!(may_repeat(used_at, used_at + GRACE));
        assert!(!may_repeat(
            used_at,
            used_at + GRACE + SignedDuration::from_millis(1)
        ));
        assert!(!may_repeat(used_at, used_at + hour));
        assert!(!may_repeat(used_at, used_at - hour));
    }
}
