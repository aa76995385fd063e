//! How events come in: those of `orders` are counted once each, and those of `users` who left unlink their orders.

use std::sync::Arc;

use async_trait::async_trait;
use kit::events::{Consumer, Event, Fault, Unreadable};
use serde::Deserialize;
use uuid::Uuid;

use crate::{customer::Pseudonyms, fact::OrderFact, store::Store};

/// Who tells of orders.
pub const ORDERS: &str = "orders";

/// Who tells of accounts that are gone.
pub const USERS: &str = "users";

/// The group of both streams that the processes of reports are.
pub const GROUP: &str = "reports";

/// The topic of an account that is gone.
const DELETED: &str = "user.deleted";

/// The consumer of orders' events.
pub(crate) struct Counter {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) pseudonyms: Pseudonyms,
}

#[async_trait]
impl Consumer for Counter {
    fn name(&self) -> &'static str {
        "reports"
    }

    async fn consume(&self, events: &[Event]) -> Result<(), Fault> {
        let facts = events
            .iter()
            .map(|event| OrderFact::of(event, &self.pseudonyms));
        let facts: Vec<Option<OrderFact>> = facts.collect::<Result<_, Unreadable>>()?;
        for fact in facts.into_iter().flatten() {
            self.store.count(fact).await?;
        }
        Ok(())
    }
}

/// The consumer of departures.
pub(crate) struct Departures {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) pseudonyms: Pseudonyms,
}

/// What is read of an account that is gone.
#[derive(Deserialize)]
struct Deleted {
    user_id: Uuid,
}

#[async_trait]
impl Consumer for Departures {
    fn name(&self) -> &'static str {
        "reports departures"
    }

    async fn consume(&self, events: &[Event]) -> Result<(), Fault> {
        for event in events.iter().filter(|event| event.topic == DELETED) {
            let Deleted { user_id } = event.facts()?;
            let customer = self.pseudonyms.of(user_id);
            self.store.unlink(&customer, event.id).await?;
        }
        Ok(())
    }
}
