//! A client of the Terrace API. Every operation is a method of [`Client`]; every refusal a [`Refusal`].

mod attempt;
mod call;
mod client;
mod events;
mod operations;
mod refusal;
mod session;
mod sign;
pub mod types;

pub use attempt::Attempt;
pub use client::{Client, Config, each};
pub use events::OrderEvent;
pub use operations::*;
pub use refusal::{Facts, Refusal};
pub use sign::Credentials;
