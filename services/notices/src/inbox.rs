//! How letters come in: as events of users, sealed, each of them one letter to one address. Each is
//! taken once by its id, however often it comes. And how those about an account go when it is gone.

use std::sync::Arc;

use async_trait::async_trait;
use kit::events::{Consumer, Event, Fault, Unreadable};
use serde::Deserialize;
use tokio::sync::Notify;
use uuid::Uuid;

use crate::store::{Sealed, Store};

/// Who tells of letters.
pub const PRODUCER: &str = "users";

/// The group of the stream that the processes of notices are.
pub const GROUP: &str = "notices";

/// The topic of a letter.
const LETTER: &str = "letter";

/// The topic of an account that is gone.
const DELETED: &str = "user.deleted";

/// The consumer of letters.
pub(crate) struct Inbox {
    pub(crate) store: Arc<dyn Store>,
    /// Notified of every letter.
    pub(crate) wake: Arc<Notify>,
}

/// What is read of a letter.
#[derive(Deserialize)]
struct Facts {
    sealed: String,
}

/// What is read of an account that is gone.
#[derive(Deserialize)]
struct Deleted {
    user_id: Uuid,
}

#[async_trait]
impl Consumer for Inbox {
    fn name(&self) -> &'static str {
        "notices"
    }

    async fn consume(&self, events: &[Event]) -> Result<(), Fault> {
        let letters = events.iter().filter(|event| event.topic == LETTER);
        let letters = letters.map(|event| {
            let Facts { sealed } = event.facts()?;
            Ok(Sealed {
                id: event.id,
                sealed,
                at: event.at,
                account: event.key.parse().ok(),
            })
        });
        let letters: Vec<Sealed> = letters.collect::<Result<_, Unreadable>>()?;
        if !letters.is_empty() {
            self.store.take_in(&letters).await?;
            self.wake.notify_one();
        }
        for event in events.iter().filter(|event| event.topic == DELETED) {
            let Deleted { user_id } = event.facts()?;
            self.store.forget_account(user_id, event.id).await?;
        }
        Ok(())
    }
}
