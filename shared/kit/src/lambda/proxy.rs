//! A request and its answer as events: the form of API Gateway's proxy integration
//! (docs.aws.amazon.com/apigateway/latest/developerguide: "Lambda proxy integrations in API Gateway"), by which
//! neighbours call each other too. One that has no context did not come by API Gateway.

use std::{borrow::Cow, collections::BTreeMap};

use axum::{body::Body, extract::Request, response::Response};
use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::{
    HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header, request, response,
    uri::PathAndQuery,
};
use percent_encoding::{
    AsciiSet, CONTROLS, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode,
};
use serde::{Deserialize, Serialize};

use super::caller::Context;

/// What a path cannot have as it is. API Gateway may have decoded it, and what is encoded stays so.
const PATH: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'\\')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// What a part of a query may have as it is (RFC 3986 §2.3).
const QUERY: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// A request.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProxyRequest {
    http_method: String,
    path: String,
    /// The path of the document that API Gateway found.
    #[serde(skip_serializing)]
    pub(super) resource: Option<String>,
    #[serde(skip_serializing)]
    headers: Option<BTreeMap<String, String>>,
    multi_value_headers: Option<BTreeMap<String, Vec<String>>>,
    #[serde(skip_serializing)]
    query_string_parameters: Option<BTreeMap<String, String>>,
    multi_value_query_string_parameters: Option<BTreeMap<String, Vec<String>>>,
    body: Option<String>,
    #[serde(default)]
    is_base64_encoded: bool,
    #[serde(rename = "requestContext", skip_serializing)]
    pub(super) context: Option<Context>,
}

/// An answer.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProxyAnswer {
    status_code: u16,
    multi_value_headers: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    body: String,
    #[serde(default)]
    is_base64_encoded: bool,
}

/// An event that is no request, or no answer.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Unreadable(&'static str);

impl ProxyRequest {
    /// This request, for a neighbour.
    pub fn new(head: &request::Parts, body: &[u8]) -> Self {
        let (body, is_base64_encoded) = text(&head.headers, body);
        let query = head.uri.query().unwrap_or_default().split('&');
        let mut parameters = BTreeMap::<String, Vec<String>>::new();
        for (name, value) in query
            .filter(|pair| !pair.is_empty())
            .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        {
            parameters
                .entry(decoded(name))
                .or_default()
                .push(decoded(value));
        }
        Self {
            http_method: head.method.to_string(),
            path: head.uri.path().to_owned(),
            multi_value_headers: Some(texts(&head.headers)),
            multi_value_query_string_parameters: Some(parameters),
            body: Some(body),
            is_base64_encoded,
            ..Self::default()
        }
    }

    /// Whether it asks for nothing to be changed (RFC 9110 §9.2.1).
    pub(super) fn is_safe(&self) -> bool {
        matches!(&*self.http_method, "GET" | "HEAD" | "OPTIONS")
    }

    /// The last value of a header; its name in lower case.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let several = self.multi_value_headers.iter().flatten();
        let several = several.filter_map(|(own, values)| Some((own, values.last()?)));
        let mut all = several.chain(self.headers.iter().flatten());
        let found = all.find(|(own, _)| own.eq_ignore_ascii_case(name));
        found.map(|(_, value)| &**value)
    }

    /// The request, as it would have come over a connection.
    pub fn into_request(self) -> Result<Request, Unreadable> {
        let uri = self.uri()?;
        let method = Method::from_bytes(self.http_method.as_bytes());
        let method = method.map_err(|_| Unreadable("The method is none of HTTP."))?;
        let mut headers = HeaderMap::new();
        let several = self.multi_value_headers.filter(|them| !them.is_empty());
        let several = several.unwrap_or_else(|| {
            let single = self.headers.unwrap_or_default().into_iter();
            single.map(|(name, value)| (name, vec![value])).collect()
        });
        for (name, values) in several {
            let name = HeaderName::try_from(name);
            let name = name.map_err(|_| Unreadable("The name of a header is none."))?;
            for value in values {
                let value = HeaderValue::try_from(value);
                let value = value.map_err(|_| Unreadable("The value of a header is none."))?;
                headers.append(&name, value);
            }
        }
        // The body is here, however it was sent.
        headers.remove(header::CONTENT_LENGTH);
        headers.remove(header::TRANSFER_ENCODING);
        let body = bytes(self.body.unwrap_or_default(), self.is_base64_encoded)?;
        let mut request = Request::new(Body::from(body));
        *request.method_mut() = method;
        *request.uri_mut() = uri;
        *request.headers_mut() = headers;
        Ok(request)
    }

    fn uri(&self) -> Result<Uri, Unreadable> {
        let encoded = |text: &str| Cow::from(utf8_percent_encode(text, QUERY)).into_owned();
        let pair = |name: &str, value: &str| format!("{}={}", encoded(name), encoded(value));
        let several = self.multi_value_query_string_parameters.as_ref();
        let query: Vec<String> = match several.filter(|them| !them.is_empty()) {
            Some(several) => several
                .iter()
                .flat_map(|(name, values)| values.iter().map(|value| pair(name, value)))
                .collect(),
            None => {
                let single = self.query_string_parameters.iter().flatten();
                single.map(|(name, value)| pair(name, value)).collect()
            }
        };
        let path = utf8_percent_encode(&self.path, PATH).to_string();
        let target = match query.is_empty() {
            true => path,
            false => format!("{path}?{}", query.join("&")),
        };
        let target = PathAndQuery::try_from(target).ok();
        let target = target.filter(|it| it.path().starts_with('/'));
        target.map(Uri::from).ok_or(Unreadable("The path is none."))
    }
}

impl ProxyAnswer {
    /// This answer, whose body has been read.
    pub fn new(head: &response::Parts, body: &[u8]) -> Self {
        let (body, is_base64_encoded) = text(&head.headers, body);
        Self {
            status_code: head.status.as_u16(),
            multi_value_headers: texts(&head.headers),
            body,
            is_base64_encoded,
        }
    }

    /// The answer, as it would have come over a connection.
    pub fn into_response(self) -> Result<Response, Unreadable> {
        let status = StatusCode::from_u16(self.status_code);
        let status = status.map_err(|_| Unreadable("the status is none of HTTP"))?;
        let body = bytes(self.body, self.is_base64_encoded)?;
        let mut answer = Response::new(Body::from(body));
        *answer.status_mut() = status;
        for (name, values) in self.multi_value_headers {
            let name = HeaderName::try_from(name).ok();
            let values = values.into_iter().map(|it| HeaderValue::try_from(it).ok());
            for value in values {
                let (Some(name), Some(value)) = (&name, value) else {
                    return Err(Unreadable("a header is none"));
                };
                answer.headers_mut().append(name, value);
            }
        }
        Ok(answer)
    }
}

fn decoded(text: &str) -> String {
    let spaced = text.replace('+', " ");
    percent_decode_str(&spaced).decode_utf8_lossy().into_owned()
}

/// Every header; values that are not text are left out, which none of ours is.
fn texts(headers: &HeaderMap) -> BTreeMap<String, Vec<String>> {
    let mut texts = BTreeMap::<String, Vec<String>>::new();
    for (name, value) in headers {
        if let Ok(value) = std::str::from_utf8(value.as_bytes()) {
            let values = texts.entry(name.to_string()).or_default();
            values.push(value.to_owned());
        }
    }
    texts
}

/// A body as text, where its kind says that it is one; else in base64.
fn text(headers: &HeaderMap, body: &[u8]) -> (String, bool) {
    let kind = headers
        .get(header::CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok());
    let kind = kind
        .unwrap_or_default()
        .split(';')
        .next()
        .unwrap_or_default();
    let is_text = kind.starts_with("text/") || kind.ends_with("/json") || kind.ends_with("+json");
    match std::str::from_utf8(body) {
        Ok(text)
            if text.is_empty() || (is_text && !headers.contains_key(header::CONTENT_ENCODING)) =>
        {
            (text.to_owned(), false)
        }
        _ => (STANDARD.encode(body), true),
    }
}

fn bytes(body: String, is_base64: bool) -> Result<Bytes, Unreadable> {
    if !is_base64 {
        return Ok(body.into());
    }
    let bytes = STANDARD.decode(body);
    bytes
        .map(Bytes::from)
        .map_err(|_| Unreadable("The body is no base64."))
}
