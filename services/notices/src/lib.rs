//! Letters to people about their accounts. Owns notices.db, and is called by nobody: it hears of letters
//! by the events of `users`.
//!
//! Reading order: [`inbox`] (how letters come in), [`delivery`] (how they leave), `letter`, `wording` and
//! `message` (what is in them), [`transport`] (a folder, or a mail server), [`store`], and last
//! [`dead_letters`].

mod config;
pub mod dead_letters;
pub mod delivery;
mod error;
pub mod inbox;
mod letter;
mod mail_url;
mod message;
mod site;
mod state;
pub mod store;
pub mod transport;
mod wording;

use axum::Router;

pub use config::Config;
pub use error::Error;
pub use mail_url::MailUrl;
pub use state::{AppState, ConnectError, connect, connect_to};

/// No operation: nobody calls this service.
pub fn app() -> Router {
    Router::new()
}
