//! What an event of `orders` tells of an order, as it is counted. Events of one order may come in any order and more
//! than once: each tells all of the order, and what it adds is its status.

use jiff::Timestamp;
use kit::events::{Event, Unreadable};
use serde::Deserialize;
use strum::{EnumString, IntoStaticStr};
use uuid::Uuid;

use crate::{
    customer::{Pseudonym, Pseudonyms},
    money::Money,
};

/// What the category of a product is called that has none.
const UNKNOWN: &str = "unknown";

/// Where an order stands. Of two that are told of one order, the later one is where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, EnumString, IntoStaticStr)]
#[strum(serialize_all = "lowercase")]
pub enum Status {
    /// Stock and money are certain.
    Confirmed,
    /// On its way.
    Shipped,
    /// Arrived.
    Delivered,
    /// Refused or cancelled: nothing can follow.
    Cancelled,
}

/// An order, as an event tells of it.
#[derive(Clone, Debug)]
pub struct OrderFact {
    /// The event.
    pub event_id: Uuid,
    /// Its topic.
    pub topic: String,
    /// The order.
    pub order_id: Uuid,
    /// Who bought.
    pub customer: Pseudonym,
    /// What the order became.
    pub status: Status,
    /// Why it was cancelled.
    pub reason: Option<String>,
    /// When it became that.
    pub at: Timestamp,
    /// When it was placed.
    pub placed_at: Timestamp,
    /// ISO 4217.
    pub currency: String,
    /// The lines together, in minor units.
    pub subtotal: i64,
    /// Shipping.
    pub shipping: i64,
    /// Tax.
    pub tax: i64,
    /// What the customer pays.
    pub total: i64,
    /// What was bought.
    pub lines: Vec<LineFact>,
}

/// A line of an order.
#[derive(Clone, Debug)]
pub struct LineFact {
    /// The product.
    pub product_id: Uuid,
    /// Its name at that time.
    pub name: String,
    /// Its category at that time.
    pub category: String,
    /// How many pieces.
    pub quantity: i64,
    /// What one piece cost.
    pub unit_price: i64,
}

/// What is read of the event.
#[derive(Deserialize)]
struct Told {
    order_id: Uuid,
    user_id: Uuid,
    reason: Option<String>,
    at: Timestamp,
    placed_at: Timestamp,
    subtotal: Money,
    shipping: Money,
    tax: Money,
    total: Money,
    lines: Vec<TellsLine>,
}

#[derive(Deserialize)]
struct TellsLine {
    product_id: Uuid,
    quantity: i64,
    name: String,
    category: Option<String>,
    unit_price: Money,
}

/// An event of an earlier release, which told no amounts.
#[derive(Deserialize)]
struct Tells {
    total: Option<Money>,
}

impl OrderFact {
    /// What the event tells; none where it is about something else, or of a release that told no amounts.
    pub fn of(event: &Event, pseudonyms: &Pseudonyms) -> Result<Option<Self>, Unreadable> {
        let status = event.topic.strip_prefix("order.");
        let Some(Ok(status)) = status.map(str::parse::<Status>) else {
            return Ok(None);
        };
        if event.facts::<Tells>()?.total.is_none() {
            tracing::warn!(event = %event.id, "an event of an earlier release tells no amounts");
            return Ok(None);
        }
        let told: Told = event.facts()?;
        let lines = told.lines.into_iter().map(|line| LineFact {
            product_id: line.product_id,
            name: line.name,
            category: line.category.unwrap_or_else(|| UNKNOWN.to_owned()),
            quantity: line.quantity,
            unit_price: line.unit_price.amount,
        });
        Ok(Some(Self {
            event_id: event.id,
            topic: event.topic.clone(),
            order_id: told.order_id,
            customer: pseudonyms.of(told.user_id),
            status,
            reason: told.reason,
            at: told.at,
            placed_at: told.placed_at,
            currency: told.total.currency,
            subtotal: told.subtotal.amount,
            shipping: told.shipping.amount,
            tax: told.tax.amount,
            total: told.total.amount,
            lines: lines.collect(),
        }))
    }

    /// How many pieces were bought.
    pub fn units(&self) -> i64 {
        self.lines.iter().map(|line| line.quantity).sum()
    }

    /// The day on which it was placed.
    pub fn day(&self) -> String {
        day(self.placed_at)
    }
}

/// The day of a time, in UTC: `2026-03-01`.
pub(crate) fn day(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d").to_string()
}
