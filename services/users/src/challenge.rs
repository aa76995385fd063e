//! Challenges: what was begun, sealed, in the hands of who began it. Each is good for some minutes, for
//! one ceremony, and once: the store remembers those that were answered.

use aws_lc_rs::digest;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::{SignedDuration, Timestamp};
use kit::http::Faults;
use secrecy::SecretString;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::seal::Seal;

/// How long a challenge may be answered.
pub(crate) const LIFE: SignedDuration = SignedDuration::from_mins(5);

/// How long one may that leads to another provider, where there may be a password to be found first.
pub(crate) const LIFE_ELSEWHERE: SignedDuration = SignedDuration::from_mins(10);

/// The longest that is read, in bytes.
const MAX_LENGTH: usize = 4096;

/// What a challenge is for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Ceremony {
    /// The password was right, and a second factor is missing.
    SecondFactor,
    /// A secret is on its way to an app.
    TotpEnrolment,
    /// A passkey is being made.
    PasskeyEnrolment,
    /// Somebody wants to prove with a passkey who they are.
    PasskeyProof,
    /// The password was right at the directory, which waits for a code.
    Elsewhere,
    /// Somebody is on the way to another provider and back.
    Provider,
    /// What another provider knows somebody as is to be linked to an account.
    ProviderLink,
}

/// Gives challenges out and takes them back.
pub(crate) struct Challenges(Seal);

/// A challenge that came back in time. Whether it came back before the store knows.
pub(crate) struct Challenge<T> {
    /// What it is about.
    pub(crate) about: T,
    /// By which the store knows it.
    pub(crate) hash: Vec<u8>,
    /// Until when the store has to.
    pub(crate) expires_at: Timestamp,
}

#[derive(Serialize, Deserialize)]
struct Sealed<T> {
    about: T,
    exp_ms: i64,
}

impl Challenges {
    pub(crate) fn new(signing_key: &SecretString) -> Self {
        Self(Seal::new(signing_key, "challenges"))
    }

    /// A new challenge.
    pub(crate) fn issue(
        &self,
        ceremony: Ceremony,
        about: impl Serialize,
        now: Timestamp,
    ) -> String {
        let exp_ms = (now + ceremony.life()).as_millisecond();
        let plain = serde_json::to_vec(&Sealed { about, exp_ms });
        let plain = plain.expect("a challenge is made of strings and numbers");
        URL_SAFE_NO_PAD.encode(self.0.seal(ceremony.name(), &plain))
    }

    /// The challenge that came back; none where it is not ours, of another ceremony, or too late. One
    /// from the future is refused too: a clock that was set back makes none live longer.
    pub(crate) fn open<T: DeserializeOwned>(
        &self,
        ceremony: Ceremony,
        token: &str,
        now: Timestamp,
    ) -> Option<Challenge<T>> {
        let sealed = URL_SAFE_NO_PAD.decode(token).ok()?;
        let opened = self.0.open(ceremony.name(), &sealed)?;
        let opened: Sealed<T> = serde_json::from_slice(&opened).ok()?;
        let left_ms = opened.exp_ms - now.as_millisecond();
        let may_be_left_ms = 1..=ceremony.life().as_secs() * 1000;
        may_be_left_ms.contains(&left_ms).then(|| Challenge {
            about: opened.about,
            hash: digest::digest(&digest::SHA256, &sealed).as_ref().to_vec(),
            expires_at: Timestamp::from_millisecond(opened.exp_ms).unwrap_or(now),
        })
    }
}

/// Refuses what is longer than any challenge.
pub(crate) fn check_challenge(faults: &mut Faults, pointer: &str, token: &str) {
    if token.len() > MAX_LENGTH {
        faults.add(pointer, "has at most 4096 characters");
    }
}

impl Ceremony {
    fn life(self) -> SignedDuration {
        match self {
            Self::Provider | Self::ProviderLink => LIFE_ELSEWHERE,
            _ => LIFE,
        }
    }

    fn name(self) -> &'static [u8] {
        match self {
            Self::SecondFactor => b"second factor",
            Self::TotpEnrolment => b"totp enrolment",
            Self::PasskeyEnrolment => b"passkey enrolment",
            Self::PasskeyProof => b"passkey proof",
            Self::Elsewhere => b"elsewhere",
            Self::Provider => b"provider",
            Self::ProviderLink => b"provider link",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_challenge_is_for_one_ceremony_and_for_five_minutes() {
        let challenges = Challenges::new(&"a signing key".into());
        let now = Timestamp::now();
        let token = challenges.issue(Ceremony::SecondFactor, "rose", now);
        let open = |ceremony, at| challenges.open::<String>(ceremony, &token, at);
        let second = SignedDuration::from_secs(1);

        let opened = open(Ceremony::SecondFactor, now + LIFE - second).unwrap();

        assert_eq!(opened.about, "rose");
        assert!(open(Ceremony::PasskeyProof, now).is_none());
        assert!(open(Ceremony::SecondFactor, now + LIFE).is_none());
        assert!(open(Ceremony::SecondFactor, now - second).is_none());
        assert_ne!(challenges.issue(Ceremony::SecondFactor, "rose", now), token);
    }
}
