//! A client of the Terrace API. Every operation is a method of [`Client`]; every refusal a [`Refusal`].

mod attempt;
mod call;
mod client;
mod operations;
mod orders;
mod refusal;
mod session;
mod sign;
pub mod slugs;
pub mod types;

pub use attempt::Attempt;
pub use client::{Client, Config, each};
pub use operations::*;
pub use orders::OrderEvent;
pub use refusal::{Facts, Refusal};
pub use reqwest::header::HeaderMap;
pub use sign::Credentials;
