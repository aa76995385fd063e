//! What tests of several services share. [`service`] calls one service in process, as any caller.

pub mod service;
