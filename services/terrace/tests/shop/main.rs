//! The whole shop, through its edge, as everybody outside meets it.

#![expect(clippy::unwrap_used, reason = "a failed test panics")]

mod authorisation;
mod blackbox;
mod book;
mod cache;
mod collector;
mod generate;
mod https;
mod kill;
mod leaving;
mod letters;
mod metrics;
mod objects;
mod observability;
mod oversell;
mod people;
mod privacy;
mod process;
mod reports;
mod secrets;
mod start;
mod times;
mod tokens;
mod traces;
mod validation;
mod versions;
mod visitor;
