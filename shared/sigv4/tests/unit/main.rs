//! The verifier against the official signer, `aws-sigv4`: its test suite, and random requests that it signs.

#![expect(clippy::unwrap_used, reason = "a failed test panics")]

mod differential;
mod suite;
mod vectors;
