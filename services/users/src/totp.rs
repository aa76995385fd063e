//! Codes of an app (RFC 6238): six digits that change every 30 seconds, by HMAC-SHA-1, which is what
//! all apps can do.

use aws_lc_rs::{constant_time::verify_slices_are_equal, hmac, rand};
use jiff::Timestamp;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use uuid::Uuid;

use crate::user::Email;

/// How long a code is shown, in seconds.
const STEP_S: i64 = 30;

/// How many steps a phone's clock may be ahead or behind.
const DRIFT: i64 = 1;

/// What an app makes codes from: 160 bits. It shows nothing in logs.
#[derive(Clone)]
pub struct Secret([u8; 20]);

/// A user's app, as it is kept.
#[derive(Clone)]
pub struct App {
    /// Whose it is.
    pub user_id: Uuid,
    /// What it makes codes from, sealed.
    pub secret: Vec<u8>,
    /// The step of the last code that was used.
    pub last_step: i64,
    /// Since when it makes codes.
    pub added_at: Timestamp,
}

impl Secret {
    /// A new one.
    pub fn generate() -> Self {
        let mut bytes = [0; 20];
        rand::fill(&mut bytes).expect("the system has random numbers");
        Self(bytes)
    }

    /// One that was kept.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// As it is kept, sealed.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// As it is typed into an app.
    pub fn base32(&self) -> String {
        base32(&self.0)
    }

    /// What an app reads from a QR code.
    pub fn uri(&self, account: &Email) -> String {
        let account = utf8_percent_encode(account.as_str(), NON_ALPHANUMERIC);
        let secret = self.base32();
        format!("otpauth://totp/Terrace:{account}?secret={secret}&issuer=Terrace")
    }

    /// The code of now.
    pub fn code(&self, now: Timestamp) -> String {
        self.code_of(step(now))
    }

    /// The step whose code this is, of those that a phone may be at now.
    pub fn matching_step(&self, code: &str, now: Timestamp) -> Option<i64> {
        let steps = step(now) - DRIFT..=step(now) + DRIFT;
        let is_right = |step: &i64| {
            let right = self.code_of(*step);
            verify_slices_are_equal(right.as_bytes(), code.as_bytes()).is_ok()
        };
        // All are compared, so that the time says nothing.
        steps.filter(is_right).fold(None, |_, step| Some(step))
    }

    /// RFC 4226 §5.3.
    fn code_of(&self, step: i64) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &self.0);
        let tag = hmac::sign(&key, &step.to_be_bytes());
        let tag = tag.as_ref();
        let at = usize::from(tag[19] & 15);
        let word = [tag[at] & 127, tag[at + 1], tag[at + 2], tag[at + 3]];
        format!("{:06}", u32::from_be_bytes(word) % 1_000_000)
    }
}

/// Which step it is.
fn step(now: Timestamp) -> i64 {
    now.as_second().div_euclid(STEP_S)
}

/// RFC 4648 §6, of whole groups of five bytes: no padding is needed.
pub(crate) fn base32(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let group = |group: &[u8]| {
        let bits = group
            .iter()
            .fold(0, |bits, byte| bits << 8 | u64::from(*byte));
        (0..8).map(move |at| char::from(ALPHABET[(bits >> (35 - 5 * at) & 31) as usize]))
    };
    bytes.chunks_exact(5).flat_map(group).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6238, appendix B, of whose eight digits the last six are shown.
    #[test]
    fn codes_are_those_of_the_standard() {
        let secret = Secret(*b"12345678901234567890");
        for (second, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            let now = Timestamp::from_second(second).unwrap();
            assert_eq!(secret.code(now), code);
        }
        assert_eq!(secret.base32(), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
    }

    #[test]
    fn a_phone_may_be_one_step_ahead_or_behind() {
        let secret = Secret::generate();
        let at = |second| Timestamp::from_second(second).unwrap();
        let code = secret.code(at(3000));

        for (second, expected) in [
            (2969, None),
            (2970, Some(100)),
            (3000, Some(100)),
            (3059, Some(100)),
            (3060, None),
        ] {
            assert_eq!(
                secret.matching_step(&code, at(second)),
                expected,
                "{second}"
            );
        }
        for nonsense in ["", "12345", "1234567", "abcdef"] {
            assert_eq!(secret.matching_step(nonsense, at(3000)), None);
        }
    }

    #[test]
    fn an_app_is_told_the_account_and_the_secret() {
        let secret = Secret(*b"12345678901234567890");
        let email = Email::parse("rose+shop@garden.example").unwrap();

        assert_eq!(
            secret.uri(&email),
            "otpauth://totp/Terrace:rose%2Bshop%40garden%2Eexample\
             ?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Terrace"
        );
    }
}
