//! How letters come in: as events of users, sealed, each of them one letter to one address. Each is
//! taken once by its id, however often it comes.

use std::sync::Arc;

use async_trait::async_trait;
use kit::events::{Consumer, Event, Fault, Unreadable};
use serde::Deserialize;
use tokio::sync::Notify;

use crate::store::{Sealed, Store};

/// Who tells of letters.
pub const PRODUCER: &str = "users";

/// The group of the stream that the processes of notices are.
pub const GROUP: &str = "notices";

/// The topic of the event.
const TOPIC: &str = "letter";

/// The consumer of letters.
pub(crate) struct Inbox {
    pub(crate) store: Arc<dyn Store>,
    /// Notified of every letter.
    pub(crate) wake: Arc<Notify>,
}

/// What is read of the event.
#[derive(Deserialize)]
struct Facts {
    sealed: String,
}

#[async_trait]
impl Consumer for Inbox {
    fn name(&self) -> &'static str {
        "notices"
    }

    async fn consume(&self, events: &[Event]) -> Result<(), Fault> {
        let letters = events.iter().filter(|event| event.topic == TOPIC);
        let letters = letters.map(|event| {
            let Facts { sealed } = event.facts()?;
            let (id, at) = (event.id, event.at);
            Ok(Sealed { id, sealed, at })
        });
        let letters: Vec<Sealed> = letters.collect::<Result<_, Unreadable>>()?;
        if !letters.is_empty() {
            self.store.take_in(&letters).await?;
            self.wake.notify_one();
        }
        Ok(())
    }
}
