//! Calling another service over real sockets: several replicas, failures, deadlines.

#![expect(clippy::unwrap_used, reason = "a failed test panics")]

mod connection;
mod deadline;
mod mutual;
mod replica;
mod replicas;
