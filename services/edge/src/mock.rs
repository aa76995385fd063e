//! A service that answers from its document's examples: for operations whose document says `mock`, and
//! for services of which there is only the document. It stands where the service would, behind the
//! whole stack: a mock is identified, throttled, validated and permitted as the real one will be.
//!
//! `Prefer: code=404` asks for another of the responses described, `Prefer: example=sold-out` for an example by
//! its name (RFC 7240).

mod sample;

use std::sync::Arc;

use axum::{
    Router,
    body::Body,
    extract::Request,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use kit::{http::Problem, telemetry::REQUEST_ID};
use serde_json::{Map, Value};

use crate::{
    document::{plain, resolve},
    error::bad_request,
};

const PREFER: HeaderName = HeaderName::from_static("prefer");
const PREFERENCE_APPLIED: HeaderName = HeaderName::from_static("preference-applied");
const JSON: &str = "application/json";

/// Answers every operation of this document.
pub(crate) fn app(document: &Value) -> Router {
    let mut templates = matchit::Router::new();
    for template in document["paths"]
        .as_object()
        .into_iter()
        .flat_map(Map::keys)
    {
        // Templates that cannot be served the edge refuses.
        let _ = templates.insert(template, template.clone());
    }
    let (document, templates) = (Arc::new(document.clone()), Arc::new(templates));
    Router::new().fallback(async move |request: Request| {
        let Ok(found) = templates.at(request.uri().path()) else {
            return Problem::not_found().into_response();
        };
        let operation = &document["paths"][found.value][request.method().as_str().to_lowercase()];
        let answer = answer(&document, operation, request.headers());
        answer.unwrap_or_else(IntoResponse::into_response)
    })
}

/// What a client would rather see.
#[derive(Default)]
struct Preference {
    code: Option<StatusCode>,
    example: Option<String>,
}

impl Preference {
    fn of(headers: &HeaderMap) -> Result<Self, Problem> {
        let mut found = Self::default();
        let lines = headers.get_all(PREFER).iter();
        let lines = lines.filter_map(|line| line.to_str().ok());
        for preference in lines.flat_map(|line| line.split([',', ';'])) {
            let (name, value) = preference.split_once('=').unwrap_or((preference, ""));
            let value = value.trim().trim_matches('"');
            match name.trim().to_ascii_lowercase().as_str() {
                "code" => {
                    let code = value.parse().ok();
                    let code = code.filter(|code: &StatusCode| code.as_u16() >= 200);
                    let code =
                        code.ok_or_else(|| bad_request("`Prefer: code=` takes a status."))?;
                    found.code = Some(code);
                }
                "example" => found.example = Some(value.to_owned()),
                // Of others nobody has to know (RFC 7240 §2).
                _ => {}
            }
        }
        Ok(found)
    }

    /// What is told to have been heeded.
    fn applied(&self) -> Option<HeaderValue> {
        let code = self.code.map(|code| format!("code={}", code.as_u16()));
        let example = self.example.as_ref().map(|name| format!("example={name}"));
        let applied: Vec<String> = code.into_iter().chain(example).collect();
        let applied = HeaderValue::try_from(applied.join(", ")).ok();
        applied.filter(|applied| !applied.is_empty())
    }
}

fn answer(document: &Value, operation: &Value, headers: &HeaderMap) -> Result<Response, Problem> {
    let preference = Preference::of(headers)?;
    let (status, described) = response(operation, preference.code)?;
    let described = resolve(document, described).map_err(|_| Problem::internal())?;
    let mut answer = status.into_response();
    if let Some(applied) = preference.applied() {
        answer.headers_mut().insert(PREFERENCE_APPLIED, applied);
    }
    for (name, header) in described["headers"].as_object().into_iter().flatten() {
        let value = match header.get("example") {
            Some(example) => example.clone(),
            None => sample::of(document, &header["schema"]),
        };
        let name = HeaderName::try_from(name.as_str());
        if let (Ok(name), Ok(value)) = (name, HeaderValue::try_from(plain(&value))) {
            answer.headers_mut().insert(name, value);
        }
    }
    let Some((media_type, content)) = content(described) else {
        return match preference.example {
            Some(_) => Err(no_example()),
            None => Ok(answer),
        };
    };
    let mut body = example(document, content, preference.example.as_deref())?;
    if let (true, Some(problem)) = (media_type.ends_with("problem+json"), body.as_object_mut()) {
        // One schema describes the problems of every status, and each has its request's id.
        problem.insert("status".to_owned(), status.as_u16().into());
        let id = headers.get(REQUEST_ID).and_then(|id| id.to_str().ok());
        problem.insert("instance".to_owned(), id.into());
    }
    let body = match (media_type.ends_with("json"), &body) {
        (false, Value::String(text)) => text.clone(),
        _ => body.to_string(),
    };
    let media_type = HeaderValue::try_from(media_type).map_err(|_| Problem::internal())?;
    answer
        .headers_mut()
        .insert(header::CONTENT_TYPE, media_type);
    *answer.body_mut() = Body::from(body);
    Ok(answer)
}

/// The response asked for, else the first that is no refusal.
fn response(operation: &Value, code: Option<StatusCode>) -> Result<(StatusCode, &Value), Problem> {
    let responses = &operation["responses"];
    let Some(code) = code else {
        let all = responses.as_object().into_iter().flatten();
        let mut described = all.filter_map(|(code, response)| Some((code.parse().ok()?, response)));
        let first = described.find(|(code, _): &(StatusCode, _)| !code.is_client_error());
        return Ok(first.unwrap_or((StatusCode::NO_CONTENT, &Value::Null)));
    };
    let range = format!("{}XX", code.as_u16() / 100);
    let names = [code.as_str(), range.as_str(), "default"];
    let found = names.into_iter().find_map(|name| responses.get(name));
    let found = found.ok_or_else(|| bad_request("The document describes no such response."))?;
    Ok((code, found))
}

/// The media type of a body and what is said of it: JSON before others.
fn content(response: &Value) -> Option<(&str, &Value)> {
    let all = response["content"].as_object()?;
    let json = all.get_key_value(JSON);
    let first = json.or_else(|| all.iter().next());
    first.map(|(media_type, content)| (media_type.as_str(), content))
}

fn example(document: &Value, content: &Value, name: Option<&str>) -> Result<Value, Problem> {
    let examples = content["examples"].as_object();
    let named = match name {
        Some(name) => {
            let named = examples.and_then(|examples| examples.get(name));
            Some(named.ok_or_else(no_example)?)
        }
        None => examples.and_then(|examples| examples.values().next()),
    };
    let named = named.and_then(|named| resolve(document, named).ok()?.get("value"));
    let given = content.get("example").filter(|_| name.is_none()).or(named);
    Ok(match given {
        Some(value) => value.clone(),
        None => sample::of(document, &content["schema"]),
    })
}

fn no_example() -> Problem {
    bad_request("The document has no example of this name.")
}
