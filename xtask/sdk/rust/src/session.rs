//! Who calls: the tokens of a sign-in, kept in memory and renewed, or temporary credentials made with them.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime},
};

use reqwest::header::{DATE, HeaderMap, SET_COOKIE};

use crate::Credentials;

/// Tokens and credentials are renewed so long before they end.
const EARLY: Duration = Duration::from_secs(60);
/// A clock that is further from the API's is corrected.
const SKEW: Duration = Duration::from_secs(60);

#[derive(Default)]
pub(crate) struct Session {
    state: Mutex<State>,
    /// Held while tokens are fetched: once for all who wait.
    pub(crate) renewing: tokio::sync::Mutex<()>,
    /// The same of credentials.
    pub(crate) issuing: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct State {
    /// What to add to the machine's clock, and what to take from it.
    offset: (Duration, Duration),
    token: Option<(String, SystemTime)>,
    credentials: Option<Credentials>,
    cookies: BTreeMap<String, String>,
}

impl Session {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn now(&self, machine: SystemTime) -> SystemTime {
        let (ahead, behind) = self.state().offset;
        machine + ahead - behind
    }

    /// What is added to the machine's clock, and what is taken from it.
    pub(crate) fn offset(&self) -> (Duration, Duration) {
        self.state().offset
    }

    /// Sets the clock by an answer's `Date`, if it is wrong.
    pub(crate) fn correct(&self, headers: &HeaderMap, machine: SystemTime) {
        let date = headers.get(DATE).and_then(|it| it.to_str().ok());
        let Some(told) = date.and_then(|it| httpdate::parse_http_date(it).ok()) else {
            return;
        };
        let now = self.now(machine);
        let apart = told
            .duration_since(now)
            .or_else(|_| now.duration_since(told));
        if apart.unwrap_or_default() <= SKEW {
            return;
        }
        let ahead = told.duration_since(machine).unwrap_or_default();
        let behind = machine.duration_since(told).unwrap_or_default();
        self.state().offset = (ahead, behind);
    }

    /// The access token, and whether it has life left in it.
    pub(crate) fn token(&self, now: SystemTime) -> (Option<String>, bool) {
        match &self.state().token {
            Some((token, ends_at)) => (Some(token.clone()), now + EARLY <= *ends_at),
            None => (None, true),
        }
    }

    /// Temporary credentials with life left in them.
    pub(crate) fn credentials(&self, now: SystemTime) -> Option<Credentials> {
        let kept = self.state().credentials.clone()?;
        let is_fresh = kept.expires_at.is_none_or(|ends_at| now + EARLY <= ends_at);
        is_fresh.then_some(kept)
    }

    pub(crate) fn keep(&self, credentials: Option<Credentials>) {
        self.state().credentials = credentials;
    }

    /// What signs in, renews or steps up answers. Credentials end with the token that they were made by.
    pub(crate) fn take(&self, token: Option<(String, SystemTime)>) {
        let mut state = self.state();
        state.token = token;
        state.credentials = None;
    }

    pub(crate) fn keep_cookies(&self, headers: &HeaderMap) {
        let mut state = self.state();
        for line in headers
            .get_all(SET_COOKIE)
            .iter()
            .filter_map(|it| it.to_str().ok())
        {
            let pair = line.split(';').next().unwrap_or_default();
            let (name, value) = pair.split_once('=').unwrap_or_default();
            if value.is_empty() || line.to_lowercase().contains("max-age=0") {
                state.cookies.remove(name);
            } else {
                state.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
    }

    pub(crate) fn cookie(&self) -> String {
        let cookies = &self.state().cookies;
        let pairs: Vec<_> = cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        pairs.join("; ")
    }
}
