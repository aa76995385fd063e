//! Wrong passwords for one account are slowed, whoever sends them from wherever (NIST SP 800-63B
//! §5.2.2): 20 at once, then one a minute.
//!
//! Nobody is locked out, because anybody could lock anybody out: a browser in which the owner has
//! signed in before has guesses of its own, by a cookie that says so, and the right password makes up
//! for all wrong ones before it. The price is that whoever guesses on may try 1,460 passwords a day
//! instead of the 100 in all that the standard asks for; a password has at least 10 characters.
//!
//! Each replica counts for itself.

use std::time::{Duration, Instant};

use aws_lc_rs::{digest, hmac};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use moka::{ops::compute::Op, sync::Cache};
use secrecy::SecretString;
use uuid::Uuid;

use crate::{Error, routes::count, seal::derived, user::Email};

/// How many wrong passwords may come at once.
const BURST: u32 = 20;

/// How long it takes until another one may.
const PAUSE: Duration = Duration::from_secs(60);

/// The same for codes of a second factor, of which there are far fewer than passwords: about 290 may
/// be tried in a day, by somebody who has the password.
const CODE_BURST: u32 = 5;
const CODE_PAUSE: Duration = Duration::from_secs(300);

/// The same for letters to one address: nobody fills somebody else's mailbox.
const LETTER_BURST: u32 = 5;
const LETTER_PAUSE: Duration = Duration::from_secs(600);

/// How many accounts are remembered; who guesses at more of them is slowed by the edge.
const REMEMBERED: u64 = 100_000;

/// How long a browser is known, in seconds: as long as browsers keep a cookie.
pub(crate) const KNOWN_FOR_S: i64 = 400 * 24 * 60 * 60;

/// What is counted of wrong passwords. Clones share it.
#[derive(Clone)]
pub(crate) struct Guesses {
    /// When all guesses of an account may be made again.
    full_again: Cache<Account, Instant>,
    key: hmac::Key,
}

/// The account that is guessed at, as the hash of its e-mail address, and whether by a known browser.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Account {
    email: [u8; 32],
    is_known: bool,
    guessed: Guessed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Guessed {
    Password,
    Code,
    Letter,
}

impl Guessed {
    fn limit(self) -> (u32, Duration) {
        match self {
            Self::Password => (BURST, PAUSE),
            Self::Code => (CODE_BURST, CODE_PAUSE),
            Self::Letter => (LETTER_BURST, LETTER_PAUSE),
        }
    }
}

impl Guesses {
    /// Browsers are known to all that have this signing key.
    pub(crate) fn new(signing_key: &SecretString) -> Self {
        let key = derived(signing_key, "browsers that are known");
        Self {
            full_again: Cache::builder()
                .max_capacity(REMEMBERED)
                .time_to_live(BURST * PAUSE + CODE_BURST * CODE_PAUSE + LETTER_BURST * LETTER_PAUSE)
                .build(),
            key: hmac::Key::new(hmac::HMAC_SHA256, key.as_ref()),
        }
    }

    /// The account of this address; `cookie` is what the browser has of an earlier sign-in.
    pub(crate) fn account(&self, email: &Email, cookie: Option<&str>) -> Account {
        let text = email.as_str().as_bytes();
        let cookie = cookie.and_then(|cookie| URL_SAFE_NO_PAD.decode(cookie).ok());
        let is_known = cookie.is_some_and(|tag| hmac::verify(&self.key, text, &tag).is_ok());
        Account {
            email: hash(text),
            is_known,
            guessed: Guessed::Password,
        }
    }

    /// The second factor of this account. A stranger does not come so far.
    pub(crate) fn code_of(&self, user_id: Uuid) -> Account {
        Account {
            email: hash(user_id.as_bytes()),
            is_known: false,
            guessed: Guessed::Code,
        }
    }

    /// The letters to this address.
    pub(crate) fn letters_to(&self, email: &Email) -> Account {
        Account {
            email: hash(email.as_str().as_bytes()),
            is_known: false,
            guessed: Guessed::Letter,
        }
    }

    /// What a browser keeps, to be known to this account.
    pub(crate) fn cookie(&self, email: &Email) -> String {
        URL_SAFE_NO_PAD.encode(hmac::sign(&self.key, email.as_str().as_bytes()))
    }

    /// Takes a guess of now, before what was sent is looked at; [`Error::TooManyGuesses`] where none is left, which
    /// is counted.
    pub(crate) fn check(&self, account: Account) -> Result<(), Error> {
        self.take(account, Instant::now()).map_err(|wait| {
            count("slowed");
            Error::TooManyGuesses(wait)
        })
    }

    /// Takes a guess before the password is checked, so that many at once are counted too. Without
    /// one left it says how long to wait.
    pub(crate) fn take(&self, account: Account, now: Instant) -> Result<(), Duration> {
        let mut taken = Ok(());
        let (burst, pause) = account.guessed.limit();
        self.full_again.entry(account).and_compute_with(|entry| {
            let full = entry.map_or(now, |entry| entry.into_value().max(now));
            let spent = full.duration_since(now);
            match spent.checked_sub((burst - 1) * pause) {
                Some(wait) if !wait.is_zero() => {
                    taken = Err(wait);
                    Op::Nop
                }
                _ => Op::Put(full + pause),
            }
        });
        taken
    }

    /// The password or the code was right: what came before it is forgotten.
    pub(crate) fn forget(&self, account: Account) {
        self.full_again.invalidate(&account);
    }
}

fn hash(text: &[u8]) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest::digest(&digest::SHA256, text).as_ref());
    hash
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guesses() -> Guesses {
        Guesses::new(&"a signing key".into())
    }

    fn email(text: &str) -> Email {
        Email::parse(text).unwrap()
    }

    #[test]
    fn an_account_has_so_many_guesses_at_once_and_then_one_a_minute() {
        let (guesses, now) = (guesses(), Instant::now());
        let rose = guesses.account(&email("rose@garden.example"), None);
        let lily = guesses.account(&email("lily@garden.example"), None);
        for _ in 0..BURST {
            assert_eq!(guesses.take(rose, now), Ok(()));
        }

        assert_eq!(guesses.take(rose, now), Err(PAUSE));
        let soon = now + Duration::from_secs(20);
        assert_eq!(guesses.take(rose, soon), Err(Duration::from_secs(40)));
        assert_eq!(guesses.take(lily, now), Ok(()));
        assert_eq!(guesses.take(rose, now + PAUSE), Ok(()));
        assert_eq!(guesses.take(rose, now + PAUSE), Err(PAUSE));
    }

    #[test]
    fn codes_are_counted_apart_from_passwords_and_are_fewer() {
        let (guesses, now) = (guesses(), Instant::now());
        let rose = guesses.code_of(Uuid::now_v7());
        for _ in 0..CODE_BURST {
            assert_eq!(guesses.take(rose, now), Ok(()));
        }

        assert_eq!(guesses.take(rose, now), Err(CODE_PAUSE));
        assert_eq!(guesses.take(rose, now + CODE_PAUSE), Ok(()));
        let password = guesses.account(&email("rose@garden.example"), None);
        assert_eq!(guesses.take(password, now), Ok(()));
    }

    #[test]
    fn the_right_password_makes_up_for_wrong_ones() {
        let (guesses, now) = (guesses(), Instant::now());
        let rose = guesses.account(&email("rose@garden.example"), None);

        for _ in 0..10 * BURST {
            assert_eq!(guesses.take(rose, now), Ok(()));
            guesses.forget(rose);
        }
    }

    #[test]
    fn a_browser_is_known_to_the_account_that_it_signed_in_to_alone() {
        let guesses = guesses();
        let (rose, lily) = (email("rose@garden.example"), email("lily@garden.example"));
        let cookie = guesses.cookie(&rose);

        assert!(guesses.account(&rose, Some(&cookie)).is_known);
        assert!(!guesses.account(&lily, Some(&cookie)).is_known);
        assert!(!guesses.account(&rose, Some("forged")).is_known);
        assert!(!guesses.account(&rose, Some("")).is_known);
        let elsewhere = Guesses::new(&"another signing key".into());
        assert!(!elsewhere.account(&rose, Some(&cookie)).is_known);
    }
}
