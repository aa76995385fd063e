//! The whole shop in one process, on one data directory.
//!
//! Reading order: [`shop`] is the architecture diagram in code; `data` holds what the process
//! makes for itself (lock, secrets, demo accounts), `storefront` builds the web pages, `screen`
//! tells a person that it runs.

pub mod config;
pub mod data;
pub mod screen;
pub mod shop;
pub mod storefront;
