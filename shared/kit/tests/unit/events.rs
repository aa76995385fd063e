//! The relay, whatever the outbox.

use std::sync::Arc;

use async_trait::async_trait;
use kit::events::{Consumer, Fault, Outbox, Relay};
use tokio_util::sync::CancellationToken;

/// Never empty.
struct Full;

#[async_trait]
impl Outbox for Full {
    async fn dispatch(&self, _: &[Arc<dyn Consumer>]) -> Result<usize, Fault> {
        tokio::task::yield_now().await;
        Ok(1)
    }
}

#[tokio::test(start_paused = true)]
async fn a_relay_with_work_without_end_stops_when_it_is_told_to() {
    let stop = CancellationToken::new();
    let relay = Relay {
        outbox: Arc::new(Full),
        consumers: Vec::new(),
        wake: Arc::default(),
        on_append: Arc::new(|_| {}),
    };
    let relay = tokio::spawn(relay.run(stop.clone()));
    tokio::task::yield_now().await;

    stop.cancel();

    // A dispatch takes no time here, so count them instead.
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert!(relay.is_finished());
}
