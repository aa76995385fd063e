//! `POST /v1/clicks`: what a tab of the storefront has shown, without who looked at it.
//!
//! Anybody may call, and nobody is asked who they are. The answer is the same whatever becomes of the clicks: no page
//! waits for it or is worse off without.

mod body;

use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
};
use kit::http::ValidJson;

use self::body::{RecordClicks, Told};
use crate::{
    AppState,
    clicks::{Outcome, count},
};

/// Takes what a tab has shown. Nothing is kept of who looked, of the address or the browser, and nothing at all of a
/// request that says `Sec-GPC: 1` or `DNT: 1`. Clicks that cannot be kept are lost, and nobody is told.
#[utoipa::path(
    post,
    path = "/v1/clicks",
    tag = "clicks",
    request_body = RecordClicks,
    responses((status = 202, description = "Heard; whether anything is kept of it is not told")),
    extensions(("x-edge" = json!({
        "throttle": { "rate_per_s": 1, "burst": 30 }, "timeout_ms": 2000, "body_limit": 65536, "priority": "low",
    }))),
)]
pub(crate) async fn record_clicks(
    State(state): State<AppState>,
    headers: HeaderMap,
    ValidJson(Told { visit, clicks }): ValidJson<RecordClicks>,
) -> StatusCode {
    let many = clicks.len();
    if wants_none(&headers) {
        count(Outcome::OptedOut, many);
        return StatusCode::ACCEPTED;
    }
    if let Some(keeper) = state.clicks.clicks.as_ref().filter(|_| many > 0) {
        match keeper.take(visit, clicks).await {
            Ok(()) => count(Outcome::Taken, many),
            Err(fault) => {
                tracing::debug!(%fault, "clicks are lost");
                count(Outcome::Lost, many);
            }
        }
    }
    StatusCode::ACCEPTED
}

/// Whether the browser says that nothing be kept: Global Privacy Control, or the older "Do Not Track".
fn wants_none(headers: &HeaderMap) -> bool {
    let says = |name| headers.get_all(name).iter().any(|value| value == "1");
    says("sec-gpc") || says("dnt")
}
