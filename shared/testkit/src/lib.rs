//! What tests of several services share. [`service`] calls one service in process, as any caller;
//! [`postgres`] is a real server, [`program`] a service as a process.

pub mod postgres;
pub mod program;
pub mod service;
