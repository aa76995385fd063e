//! What every service needs and none may bend: mechanism, never meaning. Nothing here may know
//! what an order is.
//!
//! Reading order: [`http`] (what a handler receives and answers), [`identity`] (who calls),
//! [`store`] (SQLite with one writer), [`events`] (outbox, relay, bus), [`client`] (calling
//! a neighbour), [`config`], [`trace`], [`telemetry`], [`serve`].

pub mod client;
pub mod config;
pub mod events;
pub mod http;
pub mod identity;
pub mod serve;
pub mod store;
pub mod telemetry;
pub mod trace;
