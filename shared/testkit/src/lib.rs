//! What tests of several services share. [`service`] calls one service in process, as any caller;
//! [`postgres`] and [`redis`] are real servers, [`plan`] what the first does for a statement,
//! [`program`] a service as a process. [`lists`] asks a store for all that it lists, and [`watch`]
//! hears what its database does meanwhile.

pub mod lists;
pub mod plan;
pub mod postgres;
pub mod program;
pub mod redis;
pub mod service;
pub mod watch;
