//! What the storefront has to know of where it runs. Made at run time, so that one build serves
//! every deployment.

use axum::{
    extract::{Request, State},
    response::{IntoResponse, Response},
};
use http::header;
use serde_json::json;

use crate::AppState;

pub(super) async fn get_config(State(state): State<AppState>, request: Request) -> Response {
    let (request, _) = request.into_parts();
    let config = json!({ "api": state.api.origin(&request) });
    let headers = [(header::CACHE_CONTROL, "no-store")];
    (headers, axum::Json(config)).into_response()
}
