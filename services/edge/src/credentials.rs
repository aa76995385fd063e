//! Temporary credentials, issued and recognised without a table of keys.
//!
//! An access key id is random. Its secret is an HMAC of it, and its session token says whose it is, and until
//! when, sealed with AES-256-GCM. Both keys come from a session key, which all replicas of the edge
//! share and nobody else has. The token names the session key, so that keys can be rotated.

use std::sync::Arc;

use aws_lc_rs::{hmac, rand};
use base64::{Engine, engine::general_purpose::STANDARD};
use jiff::{SignedDuration, Timestamp};
use kit::{
    clock::Clock,
    seal::{SealingKey, ShortKey},
};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use sigv4::Refusal;
use uuid::Uuid;

use crate::{BadSetting, call::Identity};

/// How long credentials live at most, and never longer than the access token that they were made from.
const MAX_LIFE: SignedDuration = SignedDuration::from_hours(1);

/// What access key ids of temporary credentials begin with, at AWS as well.
const TEMPORARY: &str = "ASIA";

/// 32 characters: five random bits each.
const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// How many characters stand behind [`TEMPORARY`]: 80 random bits.
const ID_LENGTH: usize = 16;

/// Issues temporary credentials and recognises them.
pub(crate) struct Sessions {
    /// The first one seals, all open.
    keys: Box<[SessionKey]>,
    clock: Clock,
}

struct SessionKey {
    seal: SealingKey,
    secrets: hmac::Key,
}

/// Credentials as their owner gets them.
pub(crate) struct Issued {
    pub(crate) access_key_id: String,
    pub(crate) secret_access_key: String,
    pub(crate) session_token: String,
    pub(crate) expires_at: Timestamp,
}

/// Credentials as they are recognised.
pub(crate) struct Opened {
    pub(crate) identity: Identity,
    pub(crate) secret_access_key: String,
}

/// What is sealed in a session token.
#[derive(Serialize, Deserialize)]
struct Session<'a> {
    key: &'a str,
    sub: Uuid,
    groups: Arc<[Arc<str>]>,
    exp: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sid: Option<Uuid>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    policy: Option<Arc<str>>,
}

impl Sessions {
    /// None without a session key.
    pub(crate) fn new(keys: &[SecretString], clock: Clock) -> Result<Option<Self>, BadSetting> {
        let keys = keys.iter().map(SessionKey::new);
        let keys: Result<Box<[_]>, _> = keys.collect();
        let keys = keys.map_err(|fault| BadSetting(format!("session_keys: {fault}")))?;
        Ok((!keys.is_empty()).then_some(Self { keys, clock }))
    }

    /// Credentials that stand for this user, by `policy` for less than all that the user may do. They
    /// live as long as the identity, and at most `life` or an hour.
    pub(crate) fn issue(
        &self,
        identity: &Identity,
        life: Option<SignedDuration>,
        policy: Option<Arc<str>>,
    ) -> Issued {
        let life = life.map_or(MAX_LIFE, |life| life.min(MAX_LIFE));
        let until = identity.until.min((self.clock.now() + life).as_second());
        let access_key_id = new_id();
        let session = Session {
            key: &access_key_id,
            sub: identity.subject,
            groups: identity.groups.clone(),
            exp: until,
            sid: identity.session,
            policy: identity.session_policy.clone().or(policy),
        };
        let key = &self.keys[0];
        Issued {
            session_token: key
                .seal
                .seal(serde_json::to_vec(&session).expect("strings and numbers serialise")),
            secret_access_key: key.secret_of(&access_key_id),
            expires_at: Timestamp::from_second(until).unwrap_or(Timestamp::MAX),
            access_key_id,
        }
    }

    /// Whose credentials these are.
    pub(crate) fn open(&self, access_key_id: &str, token: &str) -> Result<Opened, Refusal> {
        let mut keys = self.keys.iter();
        let (key, opened) = keys
            .find_map(|key| Some((key, key.seal.open(token)?)))
            .ok_or(Refusal::UnrecognizedClient)?;
        let session: Session<'_> =
            serde_json::from_slice(&opened).map_err(|_| Refusal::UnrecognizedClient)?;
        if session.key != access_key_id {
            return Err(Refusal::UnrecognizedClient);
        }
        if session.exp <= self.clock.now().as_second() {
            return Err(Refusal::ExpiredToken);
        }
        Ok(Opened {
            secret_access_key: key.secret_of(access_key_id),
            identity: Identity {
                subject: session.sub,
                groups: session.groups,
                session: session.sid,
                // Nothing that asks for a fresh proof is done with credentials that live on.
                auth_time: None,
                amr: Arc::default(),
                until: session.exp,
                session_policy: session.policy,
            },
        })
    }
}

impl SessionKey {
    fn new(key: &SecretString) -> Result<Self, ShortKey> {
        let seal = SealingKey::new(key, "session tokens")?;
        let key = hmac::Key::new(hmac::HMAC_SHA256, key.expose_secret().as_bytes());
        let secrets = hmac::sign(&key, b"secret access keys");
        Ok(Self {
            seal,
            secrets: hmac::Key::new(hmac::HMAC_SHA256, secrets.as_ref()),
        })
    }

    /// 40 characters, as long as those of AWS.
    fn secret_of(&self, access_key_id: &str) -> String {
        let tag = hmac::sign(&self.secrets, access_key_id.as_bytes());
        STANDARD.encode(&tag.as_ref()[..30])
    }
}

fn new_id() -> String {
    let mut random = [0; ID_LENGTH];
    rand::fill(&mut random).expect("the system has random numbers");
    let characters = random.map(|byte| char::from(ALPHABET[usize::from(byte & 31)]));
    TEMPORARY.chars().chain(characters).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(letter: char) -> SecretString {
        letter.to_string().repeat(32).into()
    }

    fn sessions(keys: &[SecretString], clock: &Clock) -> Sessions {
        Sessions::new(keys, clock.clone()).unwrap().unwrap()
    }

    fn identity(clock: &Clock) -> Identity {
        Identity {
            subject: Uuid::now_v7(),
            groups: ["customer".into()].into(),
            session: None,
            auth_time: None,
            amr: Arc::default(),
            until: clock.now().as_second() + 900,
            session_policy: None,
        }
    }

    #[test]
    fn what_one_replica_issues_another_recognises_until_the_key_is_gone() {
        let clock = Clock::adjustable();
        let user = identity(&clock);
        let issued = sessions(&[key('a')], &clock).issue(&user, None, Some("{}".into()));
        let open = |keys: &[SecretString]| {
            sessions(keys, &clock).open(&issued.access_key_id, &issued.session_token)
        };

        let opened = open(&[key('b'), key('a')]).unwrap();

        assert_eq!(opened.secret_access_key, issued.secret_access_key);
        assert_eq!(opened.identity.subject, user.subject);
        assert_eq!(opened.identity.groups, user.groups);
        assert_eq!(opened.identity.until, user.until);
        assert_eq!(opened.identity.session_policy.as_deref(), Some("{}"));
        assert_eq!(open(&[key('b')]).err(), Some(Refusal::UnrecognizedClient));
        clock.step(SignedDuration::from_secs(901));
        assert_eq!(open(&[key('a')]).err(), Some(Refusal::ExpiredToken));
    }

    #[test]
    fn no_credentials_outlive_an_hour_or_what_they_were_made_from() {
        let clock = Clock::adjustable();
        let sessions = sessions(&[key('a')], &clock);
        let now = clock.now().as_second();
        for (until, life, expected) in [
            (900, None, 900),
            (86_400, None, 3600),
            (86_400, Some(7200), 3600),
            (86_400, Some(60), 60),
            (60, Some(900), 60),
        ] {
            let user = Identity {
                until: now + until,
                ..identity(&clock)
            };

            let issued = sessions.issue(&user, life.map(SignedDuration::from_secs), None);

            let left = issued.expires_at.as_second() - now;
            assert!(
                (expected..=expected + 1).contains(&left),
                "{left}, not {expected}"
            );
        }
    }

    #[test]
    fn a_token_that_was_changed_or_belongs_to_another_key_is_refused() {
        let clock = Clock::default();
        let sessions = sessions(&[key('a')], &clock);
        let [mine, other] = [(); 2].map(|()| sessions.issue(&identity(&clock), None, None));
        let open = |id: &str, token: &str| sessions.open(id, token).err();

        assert_eq!(open(&mine.access_key_id, &mine.session_token), None);
        assert_eq!(
            open(&mine.access_key_id, &other.session_token),
            Some(Refusal::UnrecognizedClient)
        );
        for at in 0..mine.session_token.len() {
            let mut changed = mine.session_token.clone().into_bytes();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            assert_eq!(
                open(&mine.access_key_id, &changed),
                Some(Refusal::UnrecognizedClient),
                "{at}"
            );
        }
        for short in ["", "A", "AAAAAA", "AAAAAAAAAAAAAAAAAAAAAAAAAA"] {
            assert_eq!(
                open(&mine.access_key_id, short),
                Some(Refusal::UnrecognizedClient),
                "{short}"
            );
        }
    }

    #[test]
    fn a_session_policy_is_never_dropped_by_asking_again() {
        let clock = Clock::default();
        let narrow = Identity {
            session_policy: Some("narrow".into()),
            ..identity(&clock)
        };
        let sessions = sessions(&[key('a')], &clock);

        let issued = sessions.issue(&narrow, None, Some("wide".into()));

        let opened = sessions
            .open(&issued.access_key_id, &issued.session_token)
            .unwrap();
        assert_eq!(opened.identity.session_policy.as_deref(), Some("narrow"));
    }
}
