//! Authorise, capture, void and refund, each once per order, over a simulated card network.
//! Private: it answers `orders` alone. Owns payments.db, and never sees a card number.
//!
//! Reading order: [`routes`], [`payment`] (the states), [`network`], [`store`].

mod config;
mod error;
pub mod network;
pub mod payment;
mod routes;
mod state;
pub mod store;

pub use config::Config;
pub use error::Error;
pub use routes::app;
pub use state::{AppState, ConnectError, connect, connect_to};
