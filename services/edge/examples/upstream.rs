//! A service that costs nothing, to measure proxies with: 1 KiB of JSON at `/v1/{plants}/{id}`, and
//! an issuer's key. Prints an access token.
//!
//! ```sh
//! cargo run --release -p edge --example upstream -- 8090
//! ```

#[path = "shared/issuer.rs"]
mod issuer;

use axum::{Json, Router, routing::get};
use http::header;
use kit::serve::{Limits, serve};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let port = std::env::args().nth(1).ok_or("which port?")?;
    let (keys, token) = issuer::issue()?;
    let plant = format!("{{\"care\":\"{}\"}}", "water ".repeat(169));
    let plant: &'static str = plant.leak();
    let json = [(header::CONTENT_TYPE, "application/json")];
    let app = Router::new()
        .route(
            "/v1/{plants}/{id}",
            get(move || async move { (json, plant) }),
        )
        .route("/.well-known/jwks.json", get(|| async { Json(keys) }));

    let listener = TcpListener::bind(("127.0.0.1", port.parse()?)).await?;
    println!("{token}");
    serve(listener, app, Limits::default(), CancellationToken::new()).await;
    Ok(())
}
