//! People whose accounts are gone, as users tell by events: orders forgets them. To hear of one again changes
//! nothing.

use std::sync::Arc;

use async_trait::async_trait;
use kit::events::{Consumer, Event, Fault};
use serde::Deserialize;
use uuid::Uuid;

use crate::store::Store;

/// Who tells of people.
pub const PRODUCER: &str = "users";

/// The group of the stream that the processes of orders are.
pub const GROUP: &str = "orders";

/// The topic of the event.
const TOPIC: &str = "user.deleted";

/// The consumer of departures.
pub(crate) struct Departures(pub(crate) Arc<dyn Store>);

/// What is read of the event.
#[derive(Deserialize)]
struct Facts {
    user_id: Uuid,
}

#[async_trait]
impl Consumer for Departures {
    fn name(&self) -> &'static str {
        "orders departures"
    }

    async fn consume(&self, events: &[Event]) -> Result<(), Fault> {
        for event in events.iter().filter(|event| event.topic == TOPIC) {
            let Facts { user_id } = event.facts()?;
            self.0.forget_person(user_id).await?;
            tracing::info!(%user_id, "a person is forgotten");
        }
        Ok(())
    }
}
