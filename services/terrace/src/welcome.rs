//! Waits for a shop with a process a service, as the last to start.

use std::time::Duration;

use anyhow::{Context, bail};
use axum::{body::Body, http::Request};
use client::Upstream;
use kit::deadline::Deadline;
use tokio::time::Instant;

/// How long the whole shop may take.
const TIMEOUT: Duration = Duration::from_secs(300);

/// How long one answer may take.
const ANSWER: Duration = Duration::from_secs(2);

/// Waits until every one of these admin ports says that its service is ready.
pub async fn wait_for(urls: &[String]) -> anyhow::Result<()> {
    let until = Instant::now() + TIMEOUT;
    for url in urls {
        while !is_ready(url).await? {
            if Instant::now() > until {
                bail!("{url} is not ready after {} s", TIMEOUT.as_secs());
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
    Ok(())
}

async fn is_ready(url: &str) -> anyhow::Result<bool> {
    // A new one each time: one that is kept would leave a service alone that is still starting.
    let service = Upstream::http(url.parse().context("--wait-for")?);
    let request = Request::get("/readyz")
        .extension(Deadline::within(ANSWER))
        .body(Body::empty())?;
    let answer = service.send(request).await;
    Ok(answer.is_ok_and(|answer| answer.status().is_success()))
}
