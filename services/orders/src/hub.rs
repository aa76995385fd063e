//! Wakes whoever waits in this process for a change of one order, made here or by another replica.
//! What changed, they read from the store.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::watch;
use uuid::Uuid;

/// The hub. Clones share its listeners.
#[derive(Clone, Default)]
pub struct Hub {
    /// Of the orders that somebody listens to.
    orders: Arc<Mutex<HashMap<Uuid, watch::Sender<()>>>>,
}

/// Hears of the changes of one order from its making on.
pub struct Listener {
    hub: Hub,
    order_id: Uuid,
    changes: watch::Receiver<()>,
}

impl Hub {
    /// Starts to listen. Read the store after this, so that nothing falls in between.
    pub fn listen(&self, order_id: Uuid) -> Listener {
        let changes = self.orders().entry(order_id).or_default().subscribe();
        Listener {
            hub: self.clone(),
            order_id,
            changes,
        }
    }

    /// Tells of a change.
    pub fn tell(&self, order_id: Uuid) {
        if let Some(order) = self.orders().get(&order_id) {
            order.send_replace(());
        }
    }

    /// Passes on what the outbox tells: the id of an order that changed somewhere, or that any may
    /// have.
    pub fn heard(&self, key: Option<&str>) {
        match key.map(str::parse) {
            Some(Ok(order_id)) => self.tell(order_id),
            // A key that is no id is of nothing that is listened for.
            Some(Err(_)) => {}
            None => self.orders().values().for_each(|order| {
                order.send_replace(());
            }),
        }
    }

    fn orders(&self) -> MutexGuard<'_, HashMap<Uuid, watch::Sender<()>>> {
        self.orders.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Listener {
    /// Waits until the order may have changed since the last call.
    pub async fn changed(&mut self) {
        let changed = self.changes.changed().await;
        changed.expect("the hub keeps an order's sender while somebody listens");
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let mut orders = self.hub.orders();
        let last = |order: &watch::Sender<()>| order.receiver_count() == 1;
        if orders.get(&self.order_id).is_some_and(last) {
            orders.remove(&self.order_id);
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    #[test]
    fn only_who_listens_to_the_order_is_woken() {
        let hub = Hub::default();
        let [one, other] = [Uuid::now_v7(), Uuid::now_v7()];
        let [mut here, mut there] = [one, other].map(|id| hub.listen(id));

        hub.tell(one);

        assert_eq!(here.changed().now_or_never(), Some(()));
        assert_eq!(there.changed().now_or_never(), None);
        hub.heard(None);
        assert_eq!(here.changed().now_or_never(), Some(()));
        assert_eq!(there.changed().now_or_never(), Some(()));
        hub.heard(Some(&other.to_string()));
        assert_eq!(here.changed().now_or_never(), None);
        assert_eq!(there.changed().now_or_never(), Some(()));
    }

    #[test]
    fn an_order_is_forgotten_with_its_last_listener() {
        let hub = Hub::default();
        let id = Uuid::now_v7();
        let (first, last) = (hub.listen(id), hub.listen(id));

        drop(first);
        assert_eq!(hub.orders().len(), 1);
        drop(last);
        assert!(hub.orders().is_empty());
    }
}
