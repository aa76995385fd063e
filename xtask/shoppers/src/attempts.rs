//! What came of attempts, whether the client repeated them or not.

use std::sync::{Arc, Mutex, PoisonError};

use terrace_sdk::{Attempt, Config};

use crate::told;

/// What hyper says of a connection that was closed in place of an answer. Who restarts closes those that nobody uses, and a request may
/// cross that: RFC 9110 (§9.2.2) has clients ask again, and load balancers do. Once, where it is safe, it is no failure.
pub(crate) const CLOSED: &str = "connection closed before message completed";

/// The attempts of one client that came to nothing.
#[derive(Clone, Default)]
pub struct Attempts(Arc<Mutex<Vec<Missed>>>);

/// One of them.
#[derive(Debug, PartialEq)]
pub struct Missed {
    /// Whether the shop refused it, by a 4xx status. Else it failed, or was not answered.
    pub is_refused: bool,
    /// Which it was, and why.
    pub told: String,
}

impl Attempts {
    /// Has a client note them here.
    pub fn watch(&self, config: Config) -> Config {
        let attempts = self.clone();
        let note = move |attempt: &Attempt<'_>| attempts.note(attempt);
        Config {
            on_attempt: Some(Box::new(note)),
            ..config
        }
    }

    /// Those since the last time.
    pub fn take(&self) -> Vec<Missed> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn note(&self, attempt: &Attempt<'_>) {
        let Some(refusal) = attempt.refusal else {
            return;
        };
        let told = told(refusal);
        if attempt.method == "GET" && attempt.number == 1 && told.contains(CLOSED) {
            return;
        }
        let missed = Missed {
            is_refused: (400..500).contains(&refusal.status),
            told: format!("{} {}: {told}", attempt.method, attempt.path),
        };
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.push(missed);
    }
}
