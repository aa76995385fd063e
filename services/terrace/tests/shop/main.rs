//! The whole shop, through its edge, as everybody outside meets it.

#![expect(clippy::unwrap_used, reason = "a failed test panics")]

mod authorisation;
mod blackbox;
mod kill;
mod oversell;
mod process;
mod start;
mod visitor;
