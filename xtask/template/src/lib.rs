//! Seedlings, which the staff add and everybody sees. Owns nursery.db.
//!
//! Reading order: [`seedling`], `routes.rs` (every operation on one page), [`store`].

mod config;
mod error;
mod routes;
pub mod seedling;
mod state;
pub mod store;
mod views;

pub use config::Config;
pub use error::Error;
pub use routes::{app, openapi};
pub use state::{AppState, ConnectError, connect};
