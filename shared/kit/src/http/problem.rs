//! Errors as RFC 9457 problem documents (`application/problem+json`).

use std::{error::Error, fmt, sync::Arc};

use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use http::{HeaderName, HeaderValue, StatusCode, header};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::kinds;

/// The media type of a problem document.
const PROBLEM_JSON: HeaderValue = HeaderValue::from_static("application/problem+json");

/// A kind of problem: what programs and people are told of every one of its occurrences.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kind {
    status: u16,
    slug: &'static str,
    title: &'static str,
}

/// A refusal or a failure, as the caller may see it, with its private cause beside it.
///
/// The cause never reaches the wire: it rides in the response's extensions to the trace layer,
/// which logs it once.
#[derive(Clone, Debug)]
pub struct Problem {
    kind: Kind,
    detail: Option<String>,
    errors: Vec<FieldError>,
    members: Map<String, Value>,
    headers: Vec<(HeaderName, HeaderValue)>,
    cause: Option<Arc<dyn Error + Send + Sync>>,
}

/// One field that stands in the way, named by a JSON pointer (RFC 6901) into the request body.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema, PartialEq, Eq)]
pub struct FieldError {
    /// Where: a JSON pointer such as `/address/postal_code`.
    pub pointer: String,
    /// Why, for a person.
    pub detail: String,
}

/// The document on the wire.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct ProblemBody {
    /// The kind of problem, `/problems/<slug>`; stable, for programs.
    #[serde(rename = "type")]
    pub kind: String,
    /// The kind of problem, for a person.
    pub title: String,
    /// The HTTP status code.
    pub status: u16,
    /// This occurrence, for a person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// The request's id, to quote when asking for help.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance: Option<String>,
    /// The fields at fault, all of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
    /// What occurrences of this kind alone say (RFC 9457 §3.2).
    #[serde(flatten)]
    #[schema(ignore)]
    pub members: Map<String, Value>,
}

impl Kind {
    /// A kind that `docs/problems.md` describes under its `slug`, for a constant.
    pub const fn new(status: u16, slug: &'static str, title: &'static str) -> Self {
        Self {
            status,
            slug,
            title,
        }
    }

    /// What documents of it say under `type`.
    pub(super) fn uri(self) -> String {
        format!("/problems/{}", self.slug)
    }

    /// An occurrence of it.
    pub fn problem(self) -> Problem {
        Problem {
            kind: self,
            detail: None,
            errors: Vec::new(),
            members: Map::new(),
            headers: Vec::new(),
            cause: None,
        }
    }
}

impl Problem {
    /// 404 `not-found`.
    pub fn not_found() -> Self {
        kinds::NOT_FOUND.problem()
    }

    /// 422 `invalid-body`: every field at fault.
    pub fn invalid_body(errors: Vec<FieldError>) -> Self {
        kinds::INVALID_BODY
            .problem()
            .detail("Every field at fault is named under `errors`.")
            .errors(errors)
    }

    /// 503 `unavailable`: something this answer needs cannot be reached now.
    pub fn unavailable() -> Self {
        kinds::UNAVAILABLE
            .problem()
            .detail("A part that this answer needs cannot be reached. Try again in a moment.")
    }

    /// 504 `timeout`: no answer in time; whether the request was carried out is unknown.
    pub fn timeout() -> Self {
        kinds::TIMEOUT
            .problem()
            .detail("Whether the request was carried out is not known. Look before you repeat it.")
    }

    /// 500 `internal`: our own fault. The text is constant, the cause goes to the log.
    pub fn internal() -> Self {
        kinds::INTERNAL
            .problem()
            .detail("The fault has been recorded under this request's id.")
    }

    /// Adds what is wrong with this very request.
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// Names the fields at fault.
    pub fn errors(mut self, errors: Vec<FieldError>) -> Self {
        self.errors = errors;
        self
    }

    /// Adds a member that this kind alone has (RFC 9457 §3.2).
    pub fn member(mut self, name: &str, value: &impl Serialize) -> Self {
        let value = serde_json::to_value(value).expect("a member's keys are strings");
        self.members.insert(name.to_owned(), value);
        self
    }

    /// Asks the caller to wait, in seconds (`Retry-After`); 429 and 503 ask for one second unless told.
    pub fn retry_after(self, seconds: u64) -> Self {
        self.header(header::RETRY_AFTER, seconds.into())
    }

    /// Adds a header to the answer.
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    /// Keeps the private cause for the log.
    pub fn because(mut self, cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.cause = Some(Arc::from(cause.into()));
        self
    }

    /// The status this problem is answered with.
    pub fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.kind.status).expect("a kind has a status of HTTP")
    }

    /// The kind of problem.
    pub fn slug(&self) -> &'static str {
        self.kind.slug
    }

    /// The private cause, for the log alone.
    pub fn cause(&self) -> Option<&(dyn Error + Send + Sync)> {
        self.cause.as_deref()
    }

    /// The response, naming the request that it answers.
    pub fn respond(self, instance: Option<&str>) -> Response {
        let body = ProblemBody {
            kind: self.kind.uri(),
            title: self.kind.title.to_owned(),
            status: self.kind.status,
            detail: self.detail.clone(),
            instance: instance.map(str::to_owned),
            errors: self.errors.clone(),
            members: self.members.clone(),
        };
        let body = serde_json::to_vec(&body).expect("a problem has only strings and numbers");

        let mut response = Response::new(Body::from(body));
        *response.status_mut() = self.status();
        response
            .headers_mut()
            .insert(header::CONTENT_TYPE, PROBLEM_JSON);
        response.headers_mut().extend(self.headers.iter().cloned());
        if [429, 503].contains(&self.kind.status) {
            let soon = HeaderValue::from_static("1");
            let told = response.headers_mut().entry(header::RETRY_AFTER);
            told.or_insert(soon);
        }
        response.extensions_mut().insert(self);
        response
    }
}

/// Whether an answer is a problem document.
pub fn is_problem<B>(answer: &http::Response<B>) -> bool {
    answer.headers().get(header::CONTENT_TYPE) == Some(&PROBLEM_JSON)
}

impl IntoResponse for Problem {
    /// The request's id is not known here; the trace layer writes it in.
    fn into_response(self) -> Response {
        self.respond(None)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind.status, self.kind.slug)?;
        if let Some(detail) = &self.detail {
            write!(f, ": {detail}")?;
        }
        Ok(())
    }
}

impl Error for Problem {}
