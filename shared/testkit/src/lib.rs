//! What tests of several services share. [`service`] calls one service in process, as any caller;
//! [`postgres`] is a real server, [`plan`] what it does for a statement.

pub mod plan;
pub mod postgres;
pub mod service;
