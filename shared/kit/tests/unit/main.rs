//! Modules of kit that need nothing but themselves, through their interface.

#![expect(clippy::unwrap_used, reason = "a failed test panics")]

mod acme;
mod config;
mod events;
mod http;
mod http2_abuse;
mod identity;
#[cfg(feature = "lambda")]
mod lambda;
mod private;
mod redis;
mod seal;
mod secure;
mod serve;
mod serve_tls;
mod share;
mod sqlite;
mod store_url;
mod telemetry;
mod trace;
