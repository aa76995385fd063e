//! What the people of the drills have in common. They are outside, as programs of customers are: of the shop they have its
//! addresses, and its client in Rust, which repeats for them and tells of each attempt.
//! `cargo xtask drill` drives the programs in `bin`: `drill`, who buy while parts of the shop are gone; `hostile`, who attack it
//! while others buy; `leaving`, who delete their accounts.

mod account;
mod attempts;
mod service;

use std::error::Error;

pub use account::Account;
pub use attempts::{Attempts, Missed};
pub use service::Service;

/// Why a drill ends.
pub type Fault = Box<dyn Error + Send + Sync>;

/// A fault with what it comes from.
pub fn told(fault: &dyn Error) -> String {
    let causes = std::iter::successors(fault.source(), |cause| (**cause).source());
    causes.fold(fault.to_string(), |told, cause| format!("{told}: {cause}"))
}
