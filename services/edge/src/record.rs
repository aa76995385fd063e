//! Outermost. Gives every request its id and every answer its times; counts; writes one log line.
//! No personal data: paths are recorded as templates, users and addresses not at all.

use std::{sync::Arc, time::Instant};

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use http::HeaderValue;
use kit::telemetry::{REQUEST_ID, RequestId, append_timing, name_instance};
use uuid::Uuid;

use crate::{Gateway, document::Operation, forward::IntegrationTime};

pub(crate) async fn record(
    State(_): State<Arc<Gateway>>,
    mut request: Request,
    next: Next,
) -> Response {
    let started = Instant::now();
    let id = request
        .headers_mut()
        .remove(REQUEST_ID)
        .filter(is_well_formed)
        .unwrap_or_else(new_id);
    request.extensions_mut().insert(RequestId(id.clone()));
    let method = request.method().clone();

    let response = next.run(request).await;

    let id_text = id.to_str().unwrap_or_default();
    let mut response = name_instance(response, "edge", id_text);
    let whole = started.elapsed();
    let integration = response
        .extensions_mut()
        .remove::<IntegrationTime>()
        .map(|time| time.0);
    let operation = response.extensions_mut().remove::<Arc<Operation>>();
    append_timing(
        &mut response,
        "edge",
        whole.saturating_sub(integration.unwrap_or_default()),
    );
    response.headers_mut().insert(REQUEST_ID, id.clone());

    let status = response.status().as_u16();
    let (name, template) = match &operation {
        Some(operation) => (operation.id.as_str(), operation.template.as_str()),
        None => ("unmatched", ""),
    };
    let labels = [
        ("operation", name.to_owned()),
        ("class", format!("{}xx", status / 100)),
    ];
    metrics::histogram!("edge_request_seconds", &labels).record(whole);
    if let Some(integration) = integration {
        metrics::histogram!("edge_integration_seconds", "operation" => name.to_owned())
            .record(integration);
    }
    tracing::info!(
        request_id = id_text,
        %method,
        route = template,
        status,
        ms = whole.as_secs_f64() * 1e3,
        "answered"
    );
    response
}

/// Ids of clients are kept when they cannot hurt a log: 8 to 64 letters, digits and hyphens.
fn is_well_formed(id: &HeaderValue) -> bool {
    let bytes = id.as_bytes();
    (8..=64).contains(&bytes.len())
        && bytes
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-')
}

fn new_id() -> HeaderValue {
    HeaderValue::try_from(Uuid::now_v7().to_string()).expect("a UUID is visible ASCII")
}
