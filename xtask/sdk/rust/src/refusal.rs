//! What the API refuses with (RFC 9457), as an error.

use std::{
    error::Error,
    fmt,
    ops::Deref,
    time::{Duration, SystemTime},
};

use reqwest::header::HeaderMap;
use serde_json::Value;

use crate::types::{FieldError, Problem};

/// What Amazon API Gateway calls what it refuses by itself, in `x-amzn-errortype`.
const AMAZON: [(&str, &str); 7] = [
    ("AccessDeniedException", "forbidden"),
    ("ExpiredTokenException", "expired-token"),
    ("IncompleteSignatureException", "incomplete-signature"),
    ("InvalidSignatureException", "invalid-signature"),
    (
        "MissingAuthenticationTokenException",
        "missing-authentication-token",
    ),
    ("UnauthorizedException", "invalid-token"),
    ("UnrecognizedClientException", "unrecognized-client"),
];

/// A refusal of the API; or, with the status 0, the lack of an answer (`unreachable`) or of one that can be read (`unreadable`), or a
/// value that cannot be sent (`unsendable`).
#[derive(Debug)]
pub struct Refusal(Box<Facts>);

/// What a refusal says.
#[derive(Debug)]
pub struct Facts {
    /// What kind it is: the last part of its type, e.g. [`PAYMENT_DECLINED`](crate::slugs).
    pub slug: String,
    /// The HTTP status.
    pub status: u16,
    pub title: String,
    /// This occurrence, for a person.
    pub detail: Option<String>,
    /// To be quoted when asking for help.
    pub request_id: Option<String>,
    /// The fields at fault, by JSON pointers into the request's body.
    pub errors: Vec<FieldError>,
    /// How long to wait, when the API said so.
    pub retry_after: Option<Duration>,
    /// All that was answered, for the members of one kind, such as `price_change`.
    pub document: Value,
    cause: Option<Box<dyn Error + Send + Sync>>,
}

impl Deref for Refusal {
    type Target = Facts;

    fn deref(&self) -> &Facts {
        &self.0
    }
}

impl Refusal {
    pub(crate) fn of(
        slug: &str,
        title: &str,
        cause: impl Into<Box<dyn Error + Send + Sync>>,
    ) -> Self {
        Self(Box::new(Facts {
            slug: slug.to_owned(),
            status: 0,
            title: title.to_owned(),
            detail: None,
            request_id: None,
            errors: Vec::new(),
            retry_after: None,
            document: Value::Null,
            cause: Some(cause.into()),
        }))
    }

    /// Names the request that it is of, unless the answer did.
    pub(crate) fn of_request(mut self, id: Option<String>) -> Self {
        self.0.request_id = self.0.request_id.take().or(id);
        self
    }

    pub(crate) fn unreachable(cause: reqwest::Error) -> Self {
        Self::of("unreachable", "the API cannot be reached", cause)
    }

    pub(crate) fn unreadable(cause: serde_json::Error) -> Self {
        Self::of("unreadable", "the answer cannot be read", cause)
    }

    /// What stands between us and the API may answer without a document, and API Gateway does so in words of its own, or says
    /// `bad-request` of what its header names.
    pub(crate) fn read(status: u16, headers: &HeaderMap, body: &[u8]) -> Self {
        let text = |name: &str| Some(headers.get(name)?.to_str().ok()?.to_owned());
        let document: Value = serde_json::from_slice(body).unwrap_or_default();
        let problem: Option<Problem> = serde_json::from_value(document.clone()).ok();
        let kind = problem.as_ref().map_or("unknown", |it| &it.kind);
        let mut slug = kind.rsplit('/').next().unwrap_or_default();
        let named = text("x-amzn-errortype").unwrap_or_default();
        let known = AMAZON
            .iter()
            .find(|(name, _)| named.split(':').next() == Some(name));
        if let (Some((_, known)), "bad-request" | "unknown") = (known, slug) {
            slug = known;
        }
        let own = ["message", "Message"]
            .iter()
            .find_map(|it| document[it].as_str());
        Self(Box::new(Facts {
            slug: slug.to_owned(),
            status,
            title: problem
                .as_ref()
                .map_or("refused".to_owned(), |it| it.title.clone()),
            detail: match &problem {
                Some(problem) => problem.detail.clone(),
                None => own.map(str::to_owned),
            },
            request_id: problem
                .as_ref()
                .and_then(|it| it.instance.clone())
                .or_else(|| text("x-request-id"))
                .or_else(|| text("x-amzn-requestid")),
            errors: problem.and_then(|it| it.errors).unwrap_or_default(),
            retry_after: text("retry-after").and_then(|it| wait(&it)),
            document,
            cause: None,
        }))
    }
}

/// `Retry-After`: seconds, or a date.
fn wait(told: &str) -> Option<Duration> {
    if let Ok(seconds) = told.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let until = httpdate::parse_http_date(told).ok()?;
    Some(until.duration_since(SystemTime::now()).unwrap_or_default())
}

impl fmt::Display for Refusal {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.detail.as_ref().unwrap_or(&self.title);
        write!(to, "{} {}: {text}", self.status, self.slug)
    }
}

impl Error for Refusal {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.cause.as_ref().map(|cause| &**cause as _)
    }
}
