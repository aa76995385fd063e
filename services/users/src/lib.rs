//! Sign-up, sign-in, tokens, profile and addresses. Owns users.db.
//!
//! Reading order: [`routes`] (every operation on one page), a few operations under it, then the
//! domain (`user`, `session`, `proof`, `address`, `letter`), the second factors (`totp`, `recovery`, `passkey`,
//! `challenge`), other providers (`provider`), those who look after others' accounts (`group`, `audit`, `people`),
//! `cookie`, `guesses`, `password`, `issuer` and `fresh`, [`store`], [`directory`] (people who are kept elsewhere),
//! [`keepers`] and `archive` (what is kept of a person), and last [`demo`] and [`staff`].

pub mod address;
mod archive;
pub mod audit;
mod challenge;
mod client;
mod code;
mod config;
mod cookie;
pub mod demo;
pub mod device;
pub mod directory;
mod error;
mod fresh;
pub mod group;
mod guesses;
pub mod issuer;
pub mod keepers;
pub mod letter;
pub mod link;
mod new_password;
mod notice;
pub mod passkey;
pub mod password;
pub mod people;
pub mod proof;
pub mod provider;
pub mod recovery;
mod routes;
mod seal;
pub mod session;
pub mod staff;
mod state;
pub mod store;
pub mod totp;
pub mod user;

pub use client::Client;
pub use config::{Config, StaffFactor};
pub use error::Error;
pub use issuer::generate_signing_key;
pub use provider::ProviderConfig;
pub use routes::{app, openapi};
pub use state::{AppState, ConnectError, connect};
