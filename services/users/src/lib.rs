//! Sign-up, sign-in, tokens, profile and addresses. Owns users.db.
//!
//! Reading order: [`routes`] (every operation on one page), a few operations under it, then the
//! domain (`user`, `session`, `address`, `letter`), `cookie`, `guesses`, `password` and `issuer`, [`store`],
//! [`directory`] (people who are kept elsewhere), and last [`demo`] and [`staff`].

pub mod address;
mod client;
mod config;
mod cookie;
pub mod demo;
pub mod directory;
mod error;
mod guesses;
pub mod issuer;
pub mod letter;
pub mod link;
mod new_password;
pub mod password;
mod routes;
pub mod session;
pub mod staff;
mod state;
pub mod store;
pub mod user;

pub use client::Client;
pub use config::Config;
pub use error::Error;
pub use issuer::generate_signing_key;
pub use routes::{app, openapi};
pub use state::{AppState, ConnectError, connect};
