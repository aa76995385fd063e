//! The last requests, and what became of each: for whoever asks why one was refused. No personal data:
//! neither addresses nor users, and paths as templates.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::response::Response;
use http::HeaderValue;
use jiff::Timestamp;
use kit::http::Problem;
use serde::Serialize;

use crate::{middleware::DecidedBy, operation::Operation};

/// How many are remembered.
const REMEMBERED: usize = 200;

/// The last requests, the latest first.
#[derive(Default)]
pub(crate) struct Decisions(Mutex<VecDeque<Decision>>);

/// One request.
pub(crate) struct Decision {
    pub(crate) at: Timestamp,
    pub(crate) id: HeaderValue,
    pub(crate) method: &'static str,
    pub(crate) operation: Option<Arc<Operation>>,
    pub(crate) status: u16,
    pub(crate) whole: Duration,
    /// The service's part, where it was asked.
    pub(crate) service: Option<Duration>,
    pub(crate) refusal: Refusal,
}

/// Who refused it, and why, where somebody did.
#[derive(Default)]
pub(crate) struct Refusal {
    layer: Option<&'static str>,
    problem: Option<Problem>,
}

/// A [`Decision`] as JSON tells it.
#[derive(Serialize)]
pub(crate) struct Told {
    at: Timestamp,
    request_id: String,
    method: &'static str,
    operation: Option<String>,
    path: Option<String>,
    status: u16,
    ms: f64,
    service_ms: Option<f64>,
    /// Which layer refused it or had the answer, else who answered: `edge` or `service`.
    decided_by: &'static str,
    why: Option<String>,
}

impl Refusal {
    /// Of an answer whose problem has not been named yet.
    pub(crate) fn of(answer: &Response) -> Self {
        let noted = answer.extensions();
        Self {
            layer: noted.get::<DecidedBy>().map(|by| by.0),
            problem: noted.get::<Problem>().cloned(),
        }
    }

    fn why(&self) -> Option<String> {
        let problem = self.problem.as_ref()?;
        Some(match problem.cause() {
            Some(cause) => format!("{problem} ({cause})"),
            None => problem.to_string(),
        })
    }
}

impl Decisions {
    pub(crate) fn note(&self, decision: Decision) {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        last.truncate(REMEMBERED - 1);
        last.push_front(decision);
    }

    pub(crate) fn told(&self) -> Vec<Told> {
        let last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        last.iter().map(Decision::told).collect()
    }
}

impl Decision {
    fn told(&self) -> Told {
        let ms = |time: Duration| time.as_secs_f64() * 1e3;
        let operation = self.operation.as_ref();
        let answered_by = if self.service.is_some() {
            "service"
        } else {
            "edge"
        };
        Told {
            at: self.at,
            request_id: self.id.to_str().unwrap_or_default().to_owned(),
            method: self.method,
            operation: operation.map(|it| it.id.to_string()),
            path: operation.map(|it| it.template.to_string()),
            status: self.status,
            ms: ms(self.whole),
            service_ms: self.service.map(ms),
            decided_by: self.refusal.layer.unwrap_or(answered_by),
            why: self.refusal.why(),
        }
    }
}
