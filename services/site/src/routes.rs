//! What the site answers: one made-up file and all real ones. GET and HEAD only.

mod get_config;
mod get_file;

use axum::{
    Router,
    extract::{Request, State},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::get,
};
use http::{HeaderName, StatusCode, header};
use kit::{http::host, serve::Peer, telemetry};

use crate::{AppState, policy};

/// The whole service.
pub fn app(state: AppState) -> Router {
    Router::new()
        .route("/config.json", get(get_config::get_config))
        .route("/", get(get_file::get_file))
        .route("/{*file}", get(get_file::get_file))
        .layer(middleware::from_fn_with_state(state.clone(), secure))
        .layer(middleware::from_fn_with_state("site", telemetry::record))
        .layer(middleware::from_fn_with_state(state.clone(), in_turn))
        .with_state(state)
}

/// The hashes of the inline scripts on the page in an answer; an extension of it.
#[derive(Clone)]
struct Scripts(String);

/// Lets the clients take turns. Behind a proxy they are one client: it has to see to that itself.
async fn in_turn(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let client = request.extensions().get::<Peer>().map(|peer| peer.address);
    let _turn = match client {
        Some(client) => state.turns.take(client).await,
        None => None,
    };
    next.run(request).await
}

/// Refuses a request without a proper host, and sets the security headers, outside of everything that answers.
async fn secure(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let named = host(&request);
    let (parts, body) = request.into_parts();
    let api = state.api.origin(&parts);
    let mut response = match named {
        Ok(_) => next.run(Request::from_parts(parts, body)).await,
        Err(sentence) => say(StatusCode::BAD_REQUEST, sentence),
    };
    let scripts = response.extensions_mut().remove::<Scripts>();
    let scripts = scripts.map_or(String::new(), |scripts| scripts.0);
    let headers = response.headers_mut();
    policy::apply(headers, Some(&api), state.api.uploads(), &scripts);
    response
}

/// A plain sentence, for what no document answers.
fn say(status: StatusCode, sentence: &str) -> Response {
    let headers: [(HeaderName, &str); 2] = [
        (header::CONTENT_TYPE, "text/plain; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (status, headers, format!("{sentence}\n")).into_response()
}
