//! One operation, ready to be sent.

use std::collections::BTreeMap;

use reqwest::Method;
use serde::Serialize;

use crate::{Refusal, sign::escape};

/// Operations on sessions are called by who has no token, and with the session's cookies.
pub(crate) const SESSIONS: &str = "/v1/sessions";

/// One operation with what it is given.
pub(crate) struct Call {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) query: Vec<String>,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Vec<u8>,
    pub(crate) is_keyed: bool,
}

impl Call {
    pub(crate) fn new(method: Method, path: String, is_keyed: bool) -> Self {
        Self {
            method,
            path,
            query: Vec::new(),
            headers: BTreeMap::new(),
            body: Vec::new(),
            is_keyed,
        }
    }

    pub(crate) fn query(&mut self, name: &str, value: Option<impl ToString>) {
        self.query
            .extend(value.map(|it| format!("{name}={}", escape(&it.to_string()))));
    }

    pub(crate) fn header(&mut self, name: &str, value: Option<impl ToString>) {
        self.headers
            .extend(value.map(|it| (name.to_owned(), it.to_string())));
    }

    pub(crate) fn json(&mut self, body: &impl Serialize) -> Result<(), Refusal> {
        self.body = serde_json::to_vec(body)
            .map_err(|fault| Refusal::of("unsendable", "the body", fault))?;
        self.header("content-type", Some("application/json"));
        Ok(())
    }

    pub(crate) fn bytes(&mut self, body: &[u8]) {
        self.body = body.to_owned();
        self.header("content-type", Some("application/octet-stream"));
    }

    /// Of a change of one version, the second would be refused because of the first.
    pub(crate) fn is_repeatable(&self) -> bool {
        let is_idempotent = [Method::GET, Method::PUT, Method::DELETE].contains(&self.method);
        self.is_keyed || is_idempotent && !self.headers.contains_key("if-match")
    }

    pub(crate) fn is_of_session(&self) -> bool {
        self.path.starts_with(SESSIONS)
    }
}

/// One segment of a path; `.` and `..` would lead elsewhere.
pub(crate) fn segment(value: &str) -> Result<String, Refusal> {
    match value {
        "" | "." | ".." => Err(Refusal::of(
            "unsendable",
            "a value of the path",
            "it is empty or leads elsewhere",
        )),
        _ => Ok(escape(value)),
    }
}
