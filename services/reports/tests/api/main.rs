//! Reports through their interface: events come in, the staff ask.

#![expect(clippy::unwrap_used, reason = "a failed test panics")]

mod app;
mod clicks;
mod dashboards;
mod document;
mod hostile;
mod inbox;
mod program;
mod queries;
mod settings;
