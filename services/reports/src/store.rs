//! The port to reports.db: the star, what dashboards ask of it, and who asked what.

mod dashboard;
pub mod postgres;
mod query_log;
pub mod redshift;
pub mod sqlite;

use async_trait::async_trait;
use uuid::Uuid;

pub use dashboard::{By, Dashboard, Outcome, Page, Sales, Summary};
pub use query_log::{Asked, Ended, QueryLog};

use crate::{Error, customer::Pseudonym, fact::OrderFact};

/// The tables that make the star: what ad-hoc queries may read.
pub const STAR: [&str; 6] = [
    "fact_orders",
    "fact_lines",
    "dim_products",
    "dim_customers",
    "dim_days",
    "events_taken",
];

/// The warehouse. Every method is atomic.
#[async_trait]
pub trait Store: Dashboard + QueryLog {
    /// Counts what an event tells, once by the event's id, in whatever order events come: an order stands where the
    /// latest status has it. One of a customer who is gone has no customer.
    async fn count(&self, fact: OrderFact) -> Result<(), Error>;

    /// Forgets a customer whose account is gone; repeatable. The orders stay, and are nobody's; so are those that
    /// come late, for 30 days.
    async fn unlink(&self, customer: &Pseudonym, event_id: Uuid) -> Result<(), Error>;

    /// Whether the store answers.
    async fn ping(&self) -> Result<(), Error>;
}
