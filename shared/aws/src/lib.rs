//! How services of AWS are called: one way to connect, one crypto provider, credentials that are never a file of
//! ours. Each part is behind a feature of its own, so that the shop of one process compiles none of it.

#[cfg(feature = "client")]
mod chain;
#[cfg(feature = "client")]
mod client;
#[cfg(any(
    feature = "kinesis",
    feature = "s3",
    feature = "secrets",
    feature = "sns",
    feature = "sqs"
))]
mod fault;
#[cfg(feature = "kinesis")]
pub mod kinesis;
#[cfg(feature = "lambda")]
mod lambda;
#[cfg(feature = "s3")]
pub mod s3;
#[cfg(feature = "secrets")]
pub mod secrets;
#[cfg(feature = "sns")]
pub mod sns;
#[cfg(feature = "sqs")]
pub mod sqs;

#[cfg(feature = "client")]
pub use chain::chain;
#[cfg(feature = "client")]
pub use client::{Place, SdkConfig};
#[cfg(any(
    feature = "kinesis",
    feature = "s3",
    feature = "secrets",
    feature = "sns",
    feature = "sqs"
))]
pub use fault::Fault;
#[cfg(feature = "lambda")]
pub use lambda::{Functions, NotAnswered};
