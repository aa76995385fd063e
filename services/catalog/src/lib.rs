//! Products, categories, search, stock and reservations. Owns catalog.db and the pictures.
//!
//! Reading order: [`routes`] (every operation on one page), `list_products` and
//! `reserve` under it, then the domain ([`product`], [`reservation`], [`search`]), [`store`],
//! and last `images`, `drawings`, `cache`, `popularity` and `assortment`.

mod assortment;
mod cache;
mod config;
pub mod dead_letters;
mod drawings;
mod error;
mod images;
mod popularity;
pub mod product;
pub mod reservation;
mod routes;
pub mod search;
mod state;
pub mod store;

pub use assortment::SeedError;
pub use config::Config;
pub use error::Error;
pub use routes::{app, openapi};
pub use state::{AppState, ConnectError, connect};
