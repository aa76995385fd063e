//! Products, categories, search, stock and reservations. Owns catalog.db and the pictures.
//!
//! Reading order: [`routes`] (every operation on one page), `list_products` and `reserve` under it,
//! then the domain ([`product`], [`reservation`], [`search`]) and [`store`]. The rest when it is met:
//! `asked` is what visitors ask for in an address, `fields` and `views` are what operations on products share, `cache` keeps answers, `terms` are what
//! products are found by, `popularity` counts what sells, `images` are the pictures, `photo` makes them
//! of what staff send, `upload` is a file that a browser sends past us, `drawings` are what is shown without one,
//! `assortment` the first products.

mod asked;
mod assortment;
mod cache;
mod config;
mod drawings;
mod error;
mod fields;
mod images;
mod photo;
pub mod popularity;
pub mod product;
pub mod reservation;
mod routes;
pub mod search;
mod state;
pub mod store;
mod terms;
mod upload;
mod views;

pub use assortment::SeedError;
pub use config::Config;
pub use error::Error;
pub use images::{BadImagesUrl, ImagesUrl};
pub use routes::{app, openapi};
pub use state::{AppState, ConnectError, connect, reindex};
