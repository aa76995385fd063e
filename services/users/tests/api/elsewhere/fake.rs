//! A directory of a test's own.

use std::sync::Mutex;

use async_trait::async_trait;
use secrecy::{ExposeSecret, SecretString};
use users::{
    Error,
    directory::{Challenge, Directory, Factor, Hosted, Person, SignIn, Signed},
    group::Group,
    session::RefreshToken,
    user::{Email, Name},
};

use super::ISSUER;

/// A directory that says what a test tells it to.
pub(super) struct Fake {
    pub(super) issuer: String,
    /// Whom it tells of.
    pub(super) subject: Mutex<&'static str>,
    pub(super) is_manager: bool,
    /// The next refusal.
    pub(super) refusal: Mutex<Option<Error>>,
    /// The address that it vouches for.
    pub(super) email: Mutex<Option<&'static str>>,
    pub(super) asks_for_a_code: bool,
    /// What it was told to do, by which its owner can tell.
    pub(super) done: Mutex<Vec<String>>,
}

impl Default for Fake {
    fn default() -> Self {
        Self {
            issuer: ISSUER.to_owned(),
            subject: Mutex::new("rose"),
            is_manager: false,
            refusal: Mutex::default(),
            email: Mutex::default(),
            asks_for_a_code: false,
            done: Mutex::default(),
        }
    }
}

impl Fake {
    fn told(&self, what: String) -> Result<(), Error> {
        self.done.lock().unwrap().push(what);
        self.answer().map(drop)
    }

    fn answer(&self) -> Result<Signed, Error> {
        match self.refusal.lock().unwrap().take() {
            Some(refusal) => Err(refusal),
            None => Ok(Signed {
                person: Person {
                    subject: (*self.subject.lock().unwrap()).into(),
                    email: self
                        .email
                        .lock()
                        .unwrap()
                        .map(|it| Email::parse(it).unwrap()),
                    name: Name::parse("Rose").ok(),
                    is_staff: true,
                    is_manager: self.is_manager,
                },
                access_token: "theirs".into(),
                expires_in: 300,
                refresh: Some(RefreshToken::received("renews")),
            }),
        }
    }
}

#[async_trait]
impl Directory for Fake {
    fn issuer(&self) -> &str {
        &self.issuer
    }

    fn hosted(&self, tokens: Hosted) -> Result<Signed, Error> {
        Ok(Signed {
            access_token: tokens.access_token,
            refresh: tokens.refresh,
            ..self.answer()?
        })
    }

    async fn sign_up(
        &self,
        _: &Email,
        _: &SecretString,
        _: &Name,
    ) -> Result<(String, bool), Error> {
        self.answer().map(|signed| (signed.person.subject, false))
    }

    async fn confirm_sign_up(&self, _: &Email, _: &str) -> Result<(), Error> {
        self.answer().map(drop)
    }

    async fn sign_in(&self, _: &Email, _: &SecretString) -> Result<SignIn, Error> {
        let challenge = Challenge {
            factor: Factor::Totp,
            username: "rose".into(),
            session: "a session".into(),
        };
        match self.asks_for_a_code {
            true => Ok(SignIn::Challenge(challenge)),
            false => self.answer().map(|signed| SignIn::Done(Box::new(signed))),
        }
    }

    async fn answer(&self, challenge: &Challenge, code: &str) -> Result<SignIn, Error> {
        assert_eq!(
            (&*challenge.username, &*challenge.session),
            ("rose", "a session")
        );
        match code {
            "287082" => self.answer().map(|signed| SignIn::Done(Box::new(signed))),
            _ => Err(Error::WrongCode),
        }
    }

    async fn refresh(&self, token: &RefreshToken) -> Result<Signed, Error> {
        match token.secret() {
            "renews" => self.answer(),
            _ => Err(Error::SessionEnded),
        }
    }

    async fn sign_out(&self, token: &RefreshToken) -> Result<(), Error> {
        self.told(format!("signed {} out", token.secret()))
    }

    async fn end_sessions(&self, _: &Email) -> Result<(), Error> {
        self.told("sessions end".to_owned())
    }

    async fn change_password(&self, email: &Email, new: &SecretString) -> Result<(), Error> {
        self.told(format!("{} has {}", email.as_str(), new.expose_secret()))
    }

    async fn begin_reset(&self, email: &Email) -> Result<(), Error> {
        self.told(format!("a code to {}", email.as_str()))
    }

    async fn finish_reset(
        &self,
        email: &Email,
        code: &str,
        new: &SecretString,
    ) -> Result<(), Error> {
        if code != "654321" {
            return Err(Error::WrongCode);
        }
        self.told(format!("{} has {}", email.as_str(), new.expose_secret()))
    }

    async fn rename(&self, _: &Email, _: &Name) -> Result<(), Error> {
        self.answer().map(drop)
    }

    async fn set_group(&self, _: &Email, group: Group, is_in: bool) -> Result<(), Error> {
        self.told(format!("{} {is_in}", group.as_str()))
    }

    async fn delete(&self, email: &Email) -> Result<(), Error> {
        self.told(format!("{} is deleted", email.as_str()))
    }
}
