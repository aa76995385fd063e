//! Tells whoever waits in this process that an order has changed; what changed, they read from
//! the store. A consumer of the outbox, so that changes by other processes arrive too.

use std::error::Error;

use async_trait::async_trait;
use kit::events::{Consumer, Event};
use tokio::sync::broadcast;
use uuid::Uuid;

/// How many changes a slow listener may lag behind; one that lags more reads the store once.
const BACKLOG: usize = 1024;

/// The hub. Clones share its listeners.
#[derive(Clone)]
pub struct Hub {
    changes: broadcast::Sender<Uuid>,
}

impl Default for Hub {
    fn default() -> Self {
        Self {
            changes: broadcast::Sender::new(BACKLOG),
        }
    }
}

/// Hears of changes from its making on.
pub struct Listener(broadcast::Receiver<Uuid>);

impl Hub {
    /// Starts to listen. Read the store after this, so that nothing falls in between.
    pub fn listen(&self) -> Listener {
        Listener(self.changes.subscribe())
    }

    /// Tells of a change.
    pub fn tell(&self, order_id: Uuid) {
        // An error means that nobody listens.
        let _ = self.changes.send(order_id);
    }
}

impl Listener {
    /// Waits until this order may have changed.
    pub async fn changed(&mut self, order_id: Uuid) {
        loop {
            match self.0.recv().await {
                Ok(changed) if changed != order_id => {}
                Ok(_) | Err(broadcast::error::RecvError::Lagged(_)) => return,
                // The hub is gone with the service: nothing will change any more.
                Err(broadcast::error::RecvError::Closed) => std::future::pending().await,
            }
        }
    }
}

#[async_trait]
impl Consumer for Hub {
    fn name(&self) -> &'static str {
        "order streams"
    }

    async fn consume(&self, events: &[Event]) -> Result<(), Box<dyn Error + Send + Sync>> {
        let orders = events
            .iter()
            .filter(|event| event.topic.starts_with("order."));
        for event in orders {
            if let Ok(order_id) = event.key.parse() {
                self.tell(order_id);
            }
        }
        Ok(())
    }
}
