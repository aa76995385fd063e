//! What tests of several services share. [`service`] calls one service in process, as any caller;
//! [`postgres`] is a real server.

pub mod postgres;
pub mod service;
