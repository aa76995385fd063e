//! The edge through its whole stack, one file per layer, in front of small fakes.
//!
//! Every case listed in `both_ways!` runs twice: with the services in this process, and over
//! HTTP. [`world`] builds the edge and the fakes; [`tokens`] signs what the fake issuer signs, [`signing`]
//! requests as clients of AWS do.

#![expect(clippy::unwrap_used, reason = "a failed test panics")]

/// Runs each case with the services in this process, and again over HTTP.
macro_rules! both_ways {
    ($($case:ident),* $(,)?) => {
        mod in_process {
            $(#[tokio::test]
            async fn $case() {
                super::$case(crate::world::Way::InProcess).await;
            })*
        }
        mod over_http {
            $(#[tokio::test]
            async fn $case() {
                super::$case(crate::world::Way::Http).await;
            })*
        }
    };
}

mod keys;
mod signing;
mod tokens;
mod world;

mod admin;
mod base_path;
mod cache;
mod canary;
mod clocks;
mod compress;
mod cors;
mod credentials;
mod deprecation;
mod documents;
mod examples;
mod exchange_token;
mod forward;
mod head;
mod headers;
mod identify;
mod issuers;
mod mock;
mod once;
mod overload;
mod own_origin;
mod permit;
mod plans;
mod policies;
mod record;
mod reload;
mod rfc9110;
mod rfc9112;
mod route;
mod sanitise;
mod sdks;
mod shared_throttle;
mod shed;
mod signature;
mod signed_body;
mod stream;
mod throttle;
mod validate;
mod wire;
