//! What one forwarded request costs: CPU time of a signed-in GET through the whole stack to a
//! service in the same process, beside the service alone.
//!
//! ```sh
//! cargo run --release -p edge --example forward_cost
//! ```

#[path = "shared/issuer.rs"]
mod issuer;

use std::time::Instant;

use axum::{Json, Router, body::Body, http::Request, routing::get};
use client::Upstream;
use edge::{Config, Gateway, Service, Switch};
use kit::{identity::Minter, serve::App, telemetry};
use serde_json::{Value, json};
use tower::ServiceExt;

const REQUESTS: u32 = 200_000;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    telemetry::init("warn", telemetry::LogFormat::Json)?;
    let (keys, token) = issuer::issue()?;
    let service = Router::new()
        .route(
            "/v1/plants/{id}",
            get(|| async { Json(json!({ "id": 1 })) }),
        )
        .route("/.well-known/jwks.json", get(|| async { Json(keys) }));
    let paths = json!({ "/v1/plants/{id}": { "get": {
        "operationId": "read_plant", "security": [{ "bearer": [] }],
    } } });
    let config = Config {
        client_rate_per_s: 1_000_000,
        client_burst: u32::MAX,
        throttle: Switch::On,
        policies: concat!(env!("CARGO_MANIFEST_DIR"), "/tests/policies/open").into(),
        ..Config::default()
    };
    let users = Service {
        name: "users".to_owned(),
        document: json!({ "paths": paths }),
        upstream: Upstream::InProcess(service.clone()),
        minter: Some(Minter::new(
            "users",
            &"an-invoke-key-of-an-example-only".into(),
        )?),
    };
    let edge = edge::app(&*Gateway::new(config, vec![users])?);

    let alone = measure(&service, &token).await;
    let through = measure(&edge, &token).await;
    println!("the service alone {alone:5.2} µs, through the edge {through:5.2} µs a request");
    Ok(())
}

/// Microseconds a request; nothing here waits, so it is CPU time. The best of five runs.
async fn measure(app: &impl App, token: &str) -> f64 {
    let mut best = f64::MAX;
    for _ in 0..5 {
        let started = Instant::now();
        for _ in 0..REQUESTS / 5 {
            let request = Request::get("/v1/plants/fern")
                .header("host", "localhost:8080")
                .header("accept", "application/json")
                .header("accept-language", "en")
                .header("origin", "http://localhost:3000")
                .header("user-agent", "an example")
                .header("authorization", format!("Bearer {token}"))
                .body(Body::empty())
                .expect("a request");
            let answer = app
                .clone()
                .oneshot(request)
                .await
                .unwrap_or_else(|e| match e {});
            assert!(answer.status().is_success());
            let body = axum::body::to_bytes(answer.into_body(), 4096).await;
            let _: Value = serde_json::from_slice(&body.expect("a body")).expect("JSON");
        }
        let spent = started.elapsed().as_secs_f64() * 1e6;
        best = best.min(spent / f64::from(REQUESTS / 5));
    }
    best
}
