//! What tests of several services share. [`service`] calls one service in process, as any caller;
//! [`postgres`] and [`redis`] are real servers.

pub mod postgres;
pub mod redis;
pub mod service;
