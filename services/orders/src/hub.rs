//! Tells whoever waits in this process that an order has changed, here or in another replica; what
//! changed, they read from the store.

use tokio::sync::broadcast;
use uuid::Uuid;

/// How many changes a slow listener may lag behind; one that lags more reads the store once.
const BACKLOG: usize = 1024;

/// The hub. Clones share its listeners.
#[derive(Clone)]
pub struct Hub {
    /// An order's id, or none: any may have changed.
    changes: broadcast::Sender<Option<Uuid>>,
}

impl Default for Hub {
    fn default() -> Self {
        Self {
            changes: broadcast::Sender::new(BACKLOG),
        }
    }
}

/// Hears of changes from its making on.
pub struct Listener(broadcast::Receiver<Option<Uuid>>);

impl Hub {
    /// Starts to listen. Read the store after this, so that nothing falls in between.
    pub fn listen(&self) -> Listener {
        Listener(self.changes.subscribe())
    }

    /// Tells of a change.
    pub fn tell(&self, order_id: Uuid) {
        // An error means that nobody listens.
        let _ = self.changes.send(Some(order_id));
    }

    /// Passes on what the outbox tells: the id of an order that changed somewhere, or that any may
    /// have.
    pub fn heard(&self, key: Option<&str>) {
        // A key that is no id is of nothing that is listened for.
        if let Ok(order_id) = key.map(str::parse).transpose() {
            let _ = self.changes.send(order_id);
        }
    }
}

impl Listener {
    /// Waits until this order may have changed.
    pub async fn changed(&mut self, order_id: Uuid) {
        loop {
            match self.0.recv().await {
                Ok(Some(changed)) if changed != order_id => {}
                Ok(_) | Err(broadcast::error::RecvError::Lagged(_)) => return,
                // The hub is gone with the service: nothing will change any more.
                Err(broadcast::error::RecvError::Closed) => std::future::pending().await,
            }
        }
    }
}
