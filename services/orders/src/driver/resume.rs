//! Takes up the orders that nobody drives: their process died, or a neighbour was away.

use std::time::Duration;

use futures::future::join_all;
use jiff::Timestamp;
use kit::trace::{self, Kind, Span};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::Driver;
use crate::Error;

/// How often the resumer looks for orders that nobody drives.
const RESUME: Duration = Duration::from_secs(1);

/// How many orders the resumer takes at once.
const BATCH: u32 = 32;

impl Driver {
    /// Takes up every order that nobody drives: at once, then every second, until `stop`.
    pub async fn resume(self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            if let Err(fault) = self.resume_all_due(&stop).await {
                tracing::warn!(%fault, "cannot look for orders to resume");
            }
            stop.run_until_cancelled(tokio::time::sleep(RESUME)).await;
        }
    }

    /// Drives all that is due now until it rests again, or until `stop`.
    pub async fn resume_all_due(&self, stop: &CancellationToken) -> Result<(), Error> {
        while !stop.is_cancelled() && self.resume_due(Timestamp::now()).await? == BATCH as usize {}
        Ok(())
    }

    /// Drives what is due at `now` until it rests again. How many there were.
    pub async fn resume_due(&self, now: Timestamp) -> Result<usize, Error> {
        let lease = self.lease();
        let due = self.store.claim_due(now, &lease, BATCH).await?;
        let drives = due.into_iter().map(|order| {
            let (driver, (stored, _)) = (self.clone(), watch::channel(order));
            self.tasks.spawn(async move {
                // Nothing is stored of the trace in which the order was placed: this is another.
                let span = Span::start("orders", Kind::Internal, None, || "resume");
                trace::within(Some(span.trace()), driver.drive(&stored, lease)).await;
            })
        });
        let drives: Vec<_> = drives.collect();
        Ok(join_all(drives).await.len())
    }
}
