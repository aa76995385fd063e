//! What tests of several services share. [`service`] calls one service in process, as any caller;
//! [`postgres`], [`redis`] and [`pebble`] are real servers, [`program`] a service as a process, [`tls`] a client that
//! trusts one. [`lists`] asks a
//! store for all that it lists, and finds fault with what its database does for it; [`on_every_adapter`] makes tests of its contract.
//! [`corpus`] holds what fuzzers found.

pub mod corpus;
pub mod lists;
pub mod pebble;
mod plan;
pub mod postgres;
pub mod program;
pub mod redis;
pub mod service;
mod store;
pub mod tls;
