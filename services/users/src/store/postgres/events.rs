//! The outbox of users.db in PostgreSQL.

use std::sync::Arc;

use async_trait::async_trait;
use kit::{
    events::{
        Consumer, Event, Relay,
        postgres::{PostgresOutbox, append},
    },
    store::Connection,
};

use super::PostgresStore;
use crate::{Error, store::Events};

#[async_trait]
impl Events for PostgresStore {
    async fn append_events(&self, events: &[Event]) -> Result<(), Error> {
        let mut db = self.db.get().await?;
        let mut tx = db.begin().await?;
        insert_events(&mut tx, events).await?;
        Ok(tx.commit().await?)
    }

    fn relay(&self, consumers: Vec<Arc<dyn Consumer>>) -> Relay {
        Relay {
            outbox: Arc::new(PostgresOutbox::new(self.db.clone())),
            consumers,
            // The database tells every process of every append.
            wake: Arc::default(),
            on_append: Arc::new(|_| ()),
        }
    }
}

/// Appends events in the transaction that causes them.
pub(super) async fn insert_events(tx: &mut Connection, events: &[Event]) -> Result<(), Error> {
    for event in events {
        append(&mut *tx, event).await?;
    }
    Ok(())
}
