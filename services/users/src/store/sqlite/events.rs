//! The outbox of users.db in SQLite.

use std::sync::Arc;

use async_trait::async_trait;
use kit::events::{Consumer, Event, Relay, sqlite};
use rusqlite::Connection;

use super::SqliteStore;
use crate::{Error, store::Events};

#[async_trait]
impl Events for SqliteStore {
    async fn append_events(&self, events: &[Event]) -> Result<(), Error> {
        let events = events.to_vec();
        self.write_with_events(move |db| Ok(insert_events(db, &events)?))
            .await
    }

    fn relay(&self, consumers: Vec<Arc<dyn Consumer>>) -> Relay {
        Relay {
            outbox: self.outbox.clone(),
            consumers,
            wake: self.wake.clone(),
            on_append: Arc::new(|_| ()),
        }
    }
}

impl SqliteStore {
    /// A write that may append events. The relay looks at once when it has committed.
    pub(super) async fn write_with_events<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let written = self.db.write(work).await;
        self.wake.notify_one();
        written
    }
}

/// Appends events in the transaction that causes them.
pub(super) fn insert_events(db: &Connection, events: &[Event]) -> Result<(), rusqlite::Error> {
    events
        .iter()
        .try_for_each(|event| sqlite::append(db, event))
}
