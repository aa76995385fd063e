//! A file, a folder's index document, or the documents that answer where there is neither.

use std::{io, sync::Arc};

use axum::{
    body::Body,
    extract::{Request, State},
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};

use super::{Scripts, say};
use crate::{
    AppState,
    conditional::{self, Answer},
    files::{File, IMMUTABLE, cache_control},
    key::{BadPath, Key},
    media, negotiate, pages,
};

pub(super) async fn get_file(State(state): State<AppState>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    let answered = match Key::parse(parts.uri.path()) {
        Ok(key) => find(&state, &key, &parts.method, &parts.headers, &parts.uri).await,
        Err(BadPath::Hidden) => not_found(&state, &parts.method, &parts.headers).await,
        Err(BadPath::Malformed) => Ok(say(StatusCode::BAD_REQUEST, "This is no proper path.")),
    };
    answered.unwrap_or_else(|fault| {
        tracing::error!(%fault, "a file cannot be read");
        say(
            StatusCode::INTERNAL_SERVER_ERROR,
            "The file cannot be read.",
        )
    })
}

async fn find(
    state: &AppState,
    key: &Key,
    method: &Method,
    headers: &HeaderMap,
    uri: &Uri,
) -> io::Result<Response> {
    let index = key.join(&state.documents.index);
    let name = if key.folder { &index } else { &key.name };
    if let Some(found) = representation(state, name, headers).await? {
        return found.respond(method, headers).await;
    }
    if !key.folder && state.files.is_file(&index) {
        return Ok(to_folder(uri));
    }
    if let Some(fallback) = &state.documents.fallback
        && !key.has_extension()
        && !key.name.starts_with(IMMUTABLE)
        && let Some(found) = representation(state, fallback, headers).await?
    {
        return match is_page(state, &key.name).await? {
            true => found.respond(method, headers).await,
            // The storefront draws its own words for an address that is none of its pages.
            false => found.respond_not_found(method).await,
        };
    }
    not_found(state, method, headers).await
}

/// Whether the storefront has a page of this name, as its build tells.
async fn is_page(state: &AppState, name: &str) -> io::Result<bool> {
    match state.files.get(pages::ROUTES).await? {
        Some(routes) => Ok(pages::has(routes.held(), name)?),
        None => Ok(true),
    }
}

/// As S3 does it: found, not moved for ever, because the folder may become a file.
fn to_folder(uri: &Uri) -> Response {
    let query = uri
        .query()
        .map_or(String::new(), |query| format!("?{query}"));
    let location = format!("{}/{query}", uri.path());
    let headers = [
        (header::LOCATION, location.as_str()),
        (header::CACHE_CONTROL, "no-cache"),
    ];
    (StatusCode::FOUND, headers).into_response()
}

async fn not_found(state: &AppState, method: &Method, headers: &HeaderMap) -> io::Result<Response> {
    if let Some(page) = representation(state, &state.documents.error, headers).await? {
        return page.respond_not_found(method).await;
    }
    if state.is_built() {
        return Ok(say(StatusCode::NOT_FOUND, "There is no such page."));
    }
    let mut response = say(
        StatusCode::SERVICE_UNAVAILABLE,
        "The storefront is not built yet. `npm ci && npm run build` in the folder `web` builds it \
         (Node is needed); this page needs no restart, only a reload.",
    );
    let soon = HeaderValue::from_static("5");
    response.headers_mut().insert(header::RETRY_AFTER, soon);
    Ok(response)
}

/// A file in the coding that a client takes best.
struct Representation {
    name: String,
    file: Arc<File>,
    coding: Option<negotiate::Coding>,
    scripts: String,
}

async fn representation(
    state: &AppState,
    name: &str,
    headers: &HeaderMap,
) -> io::Result<Option<Representation>> {
    let Some(plain) = state.files.get(name).await? else {
        return Ok(None);
    };
    let mut found = Representation {
        name: name.to_owned(),
        scripts: plain.scripts.clone(),
        file: plain,
        coding: None,
    };
    for coding in negotiate::preferred(headers) {
        let sibling = format!("{name}{}", coding.suffix());
        if let Some(file) = state.files.get(&sibling).await? {
            (found.file, found.coding) = (file, Some(coding));
            break;
        }
    }
    Ok(Some(found))
}

impl Representation {
    async fn respond(&self, method: &Method, headers: &HeaderMap) -> io::Result<Response> {
        let (validators, length) = (self.file.validators(), self.file.length());
        let answer = conditional::answer(method, headers, &validators, length);
        let (status, range) = match answer {
            Answer::Whole => (StatusCode::OK, Some(0..length)),
            Answer::Part(range) => (StatusCode::PARTIAL_CONTENT, Some(range)),
            Answer::NotModified => (StatusCode::NOT_MODIFIED, None),
            Answer::Failed => {
                let sentence = "The file has another version.";
                return Ok(say(StatusCode::PRECONDITION_FAILED, sentence));
            }
            Answer::NotSatisfiable => {
                let mut response = say(StatusCode::RANGE_NOT_SATISFIABLE, "The file ends before.");
                let all = ascii(format!("bytes */{length}"));
                response.headers_mut().insert(header::CONTENT_RANGE, all);
                return Ok(response);
            }
        };
        let mut response = Response::new(Body::empty());
        *response.status_mut() = status;
        let sent = response.headers_mut();
        sent.insert(header::ETAG, ascii(validators.etag.to_owned()));
        if let Some(date) = conditional::http_date(validators.modified) {
            sent.insert(header::LAST_MODIFIED, ascii(date));
        }
        sent.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
        if let Some(range) = &range
            && status == StatusCode::PARTIAL_CONTENT
        {
            let part = format!("bytes {}-{}/{length}", range.start, range.end - 1);
            sent.insert(header::CONTENT_RANGE, ascii(part));
        }
        self.describe(&mut response, cache_control(&self.name));
        match range {
            Some(range) => self.fill(&mut response, method, range).await?,
            None => {
                response.headers_mut().remove(header::CONTENT_TYPE);
                response.headers_mut().remove(header::CONTENT_ENCODING);
            }
        }
        Ok(response)
    }

    /// The error document: no version of what was asked for, so without validators and ranges.
    async fn respond_not_found(&self, method: &Method) -> io::Result<Response> {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::NOT_FOUND;
        self.describe(&mut response, "no-cache");
        self.fill(&mut response, method, 0..self.file.length())
            .await?;
        Ok(response)
    }

    fn describe(&self, response: &mut Response, cache: &'static str) {
        let headers = response.headers_mut();
        let media_type = HeaderValue::from_static(media::media_type(&self.name));
        headers.insert(header::CONTENT_TYPE, media_type);
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
        headers.insert(header::VARY, HeaderValue::from_static("Accept-Encoding"));
        if let Some(coding) = self.coding {
            let coding = HeaderValue::from_static(coding.name());
            headers.insert(header::CONTENT_ENCODING, coding);
        }
        response
            .extensions_mut()
            .insert(Scripts(self.scripts.clone()));
    }

    async fn fill(
        &self,
        response: &mut Response,
        method: &Method,
        range: std::ops::Range<u64>,
    ) -> io::Result<()> {
        let length = HeaderValue::from(range.end - range.start);
        response
            .headers_mut()
            .insert(header::CONTENT_LENGTH, length);
        if *method != Method::HEAD {
            *response.body_mut() = self.file.body(range).await?;
        }
        Ok(())
    }
}

fn ascii(text: String) -> HeaderValue {
    HeaderValue::try_from(text).expect("tags, dates and ranges are visible ASCII")
}
