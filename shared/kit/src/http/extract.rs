//! Bodies and parameters that arrive valid.

use std::fmt::Display;

use axum::extract::{
    FromRequest, FromRequestParts, OptionalFromRequest, Request, rejection::BytesRejection,
};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts};
use serde::de::DeserializeOwned;

use super::{FieldError, Problem, kinds, objects::Objects};

/// A request body that turns itself into what the domain works with, or names every field that
/// stands in the way.
pub trait Parse: DeserializeOwned {
    /// What the handler receives.
    type Valid;

    /// Returns the valid value, or `None` after noting why not in `faults`.
    fn parse(self, faults: &mut Faults) -> Option<Self::Valid>;
}

/// The faults found in one body.
#[derive(Debug, Default)]
pub struct Faults {
    prefix: String,
    found: Vec<FieldError>,
}

impl Faults {
    /// Passes a valid field on, or notes its fault under `pointer` (RFC 6901, e.g. `/email`).
    pub fn field<T, E: Display>(&mut self, pointer: &str, value: Result<T, E>) -> Option<T> {
        value.map_err(|fault| self.add(pointer, fault)).ok()
    }

    /// Notes a fault.
    pub fn add(&mut self, pointer: &str, detail: impl Display) {
        let pointer = format!("{}{pointer}", self.prefix);
        self.found.push(FieldError {
            pointer,
            detail: detail.to_string(),
        });
    }

    /// Parses a part of the body that stands under `pointer`.
    pub fn within<T: Parse>(&mut self, pointer: &str, part: T) -> Option<T::Valid> {
        let outer = self.prefix.len();
        self.prefix.push_str(pointer);
        let valid = part.parse(self);
        self.prefix.truncate(outer);
        valid
    }
}

impl<T: Parse> Parse for Option<T> {
    type Valid = Option<T::Valid>;

    fn parse(self, faults: &mut Faults) -> Option<Self::Valid> {
        match self {
            Some(part) => part.parse(faults).map(Some),
            None => Some(None),
        }
    }
}

/// A JSON body, valid. Answers 415 for another media type, 413 for too much, 400 `invalid-json`
/// for broken JSON, 422 `invalid-body` for broken rules. As an `Option` it is a body that may be
/// left out, or be null.
#[derive(Debug)]
pub struct ValidJson<T: Parse>(pub T::Valid);

impl<T: Parse, S: Send + Sync> FromRequest<S> for ValidJson<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        says_json(request.headers())?;
        let body = read(request, state).await?;
        valid::<T>(read_json(&body)?).map(Self)
    }
}

impl<T: Parse, S: Send + Sync> OptionalFromRequest<S> for ValidJson<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Option<Self>, Problem> {
        let says_json = says_json(request.headers());
        let body = read(request, state).await?;
        if body.is_empty() {
            return Ok(None);
        }
        says_json?;
        let wire: Option<T> = read_json(&body)?;
        wire.map(|wire| valid(wire).map(Self)).transpose()
    }
}

/// A body of bytes as they are. Answers 413 for too much, 415 for one in a content coding.
#[derive(Debug)]
pub struct RawBody(pub Bytes);

impl<S: Send + Sync> FromRequest<S> for RawBody {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        read(request, state).await.map(Self)
    }
}

/// Path parameters; answers 400 `bad-parameter`.
#[derive(Debug)]
pub struct Path<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let read = axum::extract::Path::from_request_parts(parts, state).await;
        read.map(|read| Self(read.0))
            .map_err(|fault| bad_parameter(fault.body_text()))
    }
}

/// Query parameters; answers 400 `bad-parameter`.
#[derive(Debug)]
pub struct Query<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let read = axum::extract::Query::from_request_parts(parts, state).await;
        read.map(|read| Self(read.0))
            .map_err(|fault| bad_parameter(fault.body_text()))
    }
}

/// Refuses a body that does not say that it is JSON with 415.
pub fn says_json(headers: &HeaderMap) -> Result<(), Problem> {
    let media = headers.get(header::CONTENT_TYPE);
    let essence = media.and_then(|media| media.to_str().ok()?.split(';').next());
    match essence {
        Some(essence) if essence.trim().eq_ignore_ascii_case("application/json") => Ok(()),
        _ => Err(kinds::UNSUPPORTED_MEDIA_TYPE
            .problem()
            .detail("Send `Content-Type: application/json`.")),
    }
}

async fn read<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, Problem> {
    says_no_coding(request.headers())?;
    let body = Bytes::from_request(request, state).await;
    body.map_err(unreadable)
}

/// Refuses a body in a content coding with 415, and says that none is understood (RFC 9110 §15.5.16).
pub fn says_no_coding(headers: &HeaderMap) -> Result<(), Problem> {
    const IDENTITY: HeaderValue = HeaderValue::from_static("identity");
    let mut codings = headers.get_all(header::CONTENT_ENCODING).iter();
    match codings.all(|coding| coding.as_bytes().eq_ignore_ascii_case(b"identity")) {
        true => Ok(()),
        false => Err(kinds::UNSUPPORTED_MEDIA_TYPE
            .problem()
            .detail("Send the body as it is, without `Content-Encoding`.")
            .header(header::ACCEPT_ENCODING, IDENTITY)),
    }
}

/// Reads JSON. Answers 400 `invalid-json` where it is none, 422 `invalid-body` where it is not what
/// `T` reads.
pub fn read_json<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    let mut json = serde_json::Deserializer::from_slice(body);
    let wire = serde_path_to_error::deserialize(Objects(&mut json)).map_err(invalid_json)?;
    json.end().map_err(|fault| broken_json(&fault))?;
    Ok(wire)
}

fn valid<T: Parse>(wire: T) -> Result<T::Valid, Problem> {
    let mut faults = Faults::default();
    match wire.parse(&mut faults) {
        Some(valid) if faults.found.is_empty() => Ok(valid),
        _ => Err(Problem::invalid_body(faults.found)),
    }
}

fn unreadable(fault: BytesRejection) -> Problem {
    match fault.status() {
        StatusCode::PAYLOAD_TOO_LARGE => kinds::BODY_TOO_LARGE.problem(),
        _ => kinds::BAD_REQUEST.problem(),
    }
}

fn invalid_json(fault: serde_path_to_error::Error<serde_json::Error>) -> Problem {
    if !fault.inner().is_data() {
        return broken_json(fault.inner());
    }
    let mut pointer = String::new();
    for segment in fault.path().iter() {
        let segment = segment.to_string();
        pointer.push('/');
        pointer.push_str(segment.trim_start_matches('[').trim_end_matches(']'));
    }
    let detail = fault.inner().to_string();
    // serde_json ends its sentence with a line and column, which mean nothing beside a pointer.
    let detail = detail
        .split(" at line ")
        .next()
        .unwrap_or_default()
        .to_owned();
    Problem::invalid_body(vec![FieldError { pointer, detail }])
}

fn broken_json(fault: &serde_json::Error) -> Problem {
    kinds::INVALID_JSON.problem().detail(fault.to_string())
}

fn bad_parameter(detail: String) -> Problem {
    kinds::BAD_PARAMETER.problem().detail(detail)
}
