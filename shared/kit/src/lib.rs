//! What every service needs and none may bend: mechanism, never meaning. Nothing here may know
//! what an order is.
//!
//! Reading order: [`http`] (what a handler receives and answers), [`identity`] (who calls),
//! [`store`] (SQLite with one writer, PostgreSQL), [`events`] (outbox, relay, bus, streams), [`redis`]
//! (what may be lost), [`deadline`] (how long a request may take), [`clock`] (what time it is),
//! [`private`] (files), [`bucket`] (files elsewhere), [`seal`] (text for who has the key), [`purge`] (kept answers that are out of date), [`config`], [`trace`], [`telemetry`],
//! [`serve`], [`tls`], [`share`] (what clients have in common), [`program`], and, behind a feature, `lambda` (the same as a function).

pub mod bucket;
pub mod clock;
pub mod config;
pub mod deadline;
pub mod events;
pub mod http;
pub mod identity;
pub mod jwks;
#[cfg(feature = "lambda")]
pub mod lambda;
pub mod private;
pub mod program;
pub mod purge;
pub mod redis;
pub mod reload;
pub mod seal;
pub mod serve;
pub mod share;
pub mod store;
pub mod telemetry;
pub mod tls;
pub mod trace;

/// Every program's allocator. A request is many small allocations, and what a burst of them took
/// goes back to the system afterwards; glibc keeps most of it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
