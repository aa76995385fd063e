//! Carts, checkout, order history and order events. Owns orders.db.
//!
//! Reading order: [`routes`] (every operation on one page), `place_order` under it, then the
//! domain ([`money`], [`cart`], [`order`], [`tracking`], [`saga`]), the [`driver`] that performs the saga's
//! steps, [`store`], and last the neighbours ([`catalog`], [`payments`], [`users`]).

pub mod address;
pub mod cart;
pub mod catalog;
mod config;
pub mod driver;
mod error;
pub mod hub;
pub mod money;
pub mod order;
pub mod payments;
mod routes;
pub mod saga;
mod state;
pub mod store;
pub mod tracking;
pub mod users;

pub use config::{Config, NeighbourConfig};
pub use error::Error;
pub use routes::{app, openapi};
pub use state::{AppState, ConnectError, Parts, connect};
