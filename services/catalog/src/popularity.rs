//! What sells is shown first: counts the pieces of confirmed orders, each event once.

use std::{error::Error, sync::Arc};

use async_trait::async_trait;
use kit::events::{Consumer, Event, Unreadable};
use serde::Deserialize;
use uuid::Uuid;

use crate::{reservation::Line, store::Store};

/// Who tells of orders.
pub const PRODUCER: &str = "orders";

/// The group of the stream that the catalog's processes are.
pub const GROUP: &str = "catalog";

/// The consumer of `order.confirmed`.
pub(crate) struct Popularity(pub(crate) Arc<dyn Store>);

/// What is read of the event.
#[derive(Deserialize)]
struct Confirmed {
    lines: Vec<Line>,
}

#[async_trait]
impl Consumer for Popularity {
    fn name(&self) -> &'static str {
        "catalog popularity"
    }

    async fn consume(&self, events: &[Event]) -> Result<(), Box<dyn Error + Send + Sync>> {
        let confirmed = events
            .iter()
            .filter(|event| event.topic == "order.confirmed");
        let sold: Vec<(Uuid, Vec<Line>)> = confirmed
            .map(|event| Ok((event.id, event.facts::<Confirmed>()?.lines)))
            .collect::<Result<_, Unreadable>>()?;
        if !sold.is_empty() {
            self.0.count_sold(sold).await?;
        }
        Ok(())
    }
}
