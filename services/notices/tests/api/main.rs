//! Notices through their interface: events come in, letters leave.

#![expect(clippy::unwrap_used, reason = "a failed test panics")]

mod app;
mod deliver;
mod people;
mod program;
mod settings;
mod write;
