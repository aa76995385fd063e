//! What a port in the clear answers beside one that speaks TLS: where to go instead.

use axum::{
    Router,
    extract::Request,
    response::{IntoResponse, Response},
};
use http::{StatusCode, header, uri::Authority};

use crate::http::host;

/// The port that `https` means where a URL names none.
const HTTPS: u16 = 443;

/// Answers every request with the same address by https at this port. A method and its body go
/// along (308, RFC 9110 §15.4.9), and no cache keeps it.
pub fn to_https(port: u16) -> Router {
    Router::new().fallback(move |request: Request| async move { redirect(&request, port) })
}

fn redirect(request: &Request, port: u16) -> Response {
    let host = match host(request) {
        Ok(host) => host,
        Err(sentence) => return (StatusCode::BAD_REQUEST, format!("{sentence}\n")).into_response(),
    };
    let authority = Authority::try_from(host.as_bytes()).expect("`host` has read it as one");
    let target = request.uri().path_and_query();
    let target = target.map_or("/", |target| target.as_str());
    // `OPTIONS *` is about the server and not about a path.
    let target = if target == "*" { "/" } else { target };
    let port = match port {
        HTTPS => String::new(),
        other => format!(":{other}"),
    };
    let there = format!("https://{}{port}{target}", authority.host());
    let headers = [
        (header::LOCATION, there),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    (StatusCode::PERMANENT_REDIRECT, headers).into_response()
}
