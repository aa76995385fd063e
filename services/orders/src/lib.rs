//! Carts, checkout, order history and order events. Owns orders.db.
//!
//! The checkout in 15 minutes, in this order: `routes/place_order.rs` (the use case), [`order`]
//! (what is ordered), [`change`] (what may become of it), [`saga`] (which step comes next),
//! [`driver`] (who takes the steps), [`store`] (what is kept, and how surely).
//!
//! The rest is reference: `routes.rs` has every operation on one page, [`cart`] the prices,
//! [`consent`] what the shopper agreed to pay, [`declines`] how many cards may be tried,
//! [`hub`] who is woken by a change, [`departures`] who leaves, `store/` the two databases, and [`catalog`], [`payments`] and
//! [`users`] the neighbours.

pub mod address;
pub mod cart;
pub mod catalog;
pub mod change;
mod config;
pub mod consent;
pub mod declines;
pub mod departures;
pub mod driver;
mod error;
pub mod hub;
pub mod money;
pub mod order;
pub mod payment;
pub mod payments;
mod routes;
pub mod saga;
mod state;
pub mod store;
pub mod tracking;
pub mod users;

pub use config::Config;
pub use error::Error;
pub use routes::{app, openapi};
pub use state::{AppState, ConnectError, Neighbours, connect};
