//! The warehouse: what is sold, counted from events, for the shop's staff. Owns reports.db.
//!
//! Reading order: [`fact`] (what an event of `orders` tells), [`customer`] (who bought, by pseudonym), [`inbox`]
//! (how events come in, once each), [`store`] (the star and what is asked of it), `routes/run_query.rs` and
//! [`reader`] (SQL of the staff, and what holds it within its bounds). Apart from all that: [`click`] and `clicks`
//! (what people look at, into [`files`]).

pub mod click;
mod clicks;
mod config;
pub mod customer;
mod error;
pub mod fact;
pub mod files;
pub mod inbox;
mod money;
pub mod period;
pub mod reader;
mod routes;
mod state;
pub mod store;
mod warehouse;

pub use clicks::{BadClicks, ClicksUrl};
pub use config::Config;
pub use error::Error;
pub use routes::{app, openapi};
pub use state::{AppState, ConnectError, connect};
pub use warehouse::BadWarehouse;
