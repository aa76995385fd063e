//! Letters to people about their accounts. Owns notices.db. It hears of letters by the events of `users`, who
//! alone calls it.
//!
//! Reading order: [`inbox`] (how letters come in), [`delivery`] (how they leave), `letter`, `wording` and
//! `message` (what is in them), [`transport`] (a folder, or a mail server), [`store`], `routes`,
//! and last [`dead_letters`].

mod config;
pub mod dead_letters;
pub mod delivery;
mod error;
pub mod inbox;
mod letter;
mod mail_url;
mod message;
mod routes;
mod site;
mod state;
pub mod store;
pub mod transport;
mod wording;

pub use config::Config;
pub use error::Error;
pub use mail_url::MailUrl;
pub use routes::app;
pub use state::{AppState, ConnectError, connect, connect_to};
