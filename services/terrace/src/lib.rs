//! The whole shop in one process, on one data directory.
//!
//! Reading order: [`shop`] is the architecture diagram in code; `run` makes a process of it; `data` holds what the process
//! makes for itself (lock, secrets, demo accounts), `local_ca` signs what it shows over TLS, `storefront` builds the web pages, `screen`
//! tells a person that it runs; `secrets`, `certificates` and `welcome` help a shop with a process a service.

mod authority;
pub mod certificates;
pub mod config;
pub mod data;
pub mod local_ca;
pub mod mail;
pub mod run;
pub mod screen;
pub mod secrets;
mod services;
pub mod shop;
pub mod storefront;
pub mod welcome;
