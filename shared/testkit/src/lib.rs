//! What tests of several services share. [`service`] calls one service in process, as any caller;
//! [`postgres`] and [`redis`] are real servers, [`program`] a service as a process.

pub mod postgres;
pub mod program;
pub mod redis;
pub mod service;
