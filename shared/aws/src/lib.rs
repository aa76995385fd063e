//! How services of AWS are called: one way to connect, one crypto provider, credentials that are never a file of
//! ours. Each part is behind a feature of its own, so that the shop of one process compiles none of it.

#[cfg(feature = "client")]
mod chain;
#[cfg(feature = "client")]
mod client;
#[cfg(feature = "lambda")]
mod lambda;

#[cfg(feature = "client")]
pub use chain::chain;
#[cfg(feature = "client")]
pub use client::{Place, SdkConfig};
#[cfg(feature = "lambda")]
pub use lambda::{Functions, NotAnswered};
