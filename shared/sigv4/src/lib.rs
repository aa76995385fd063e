//! Verifies requests that are signed with AWS Signature Version 4, in the header `Authorization` or in
//! the query ("presigned"), as AWS describes it (docs.aws.amazon.com: "Create a signed AWS API request").
//!
//! Reading order: [`Signed`] (one signature, from reading it to its proof), `claim` (where a request
//! says by whom it is signed), `canonical` (what exactly is signed), [`Refusal`]. Nothing here knows of
//! keys, clocks or sockets: the caller brings them.

mod canonical;
mod claim;
#[cfg(any(test, fuzzing))]
pub mod fuzz;
mod refusal;
mod request;
mod signed;

pub use refusal::Refusal;
pub use request::Request;
pub use signed::{Payload, Rules, Signed, hash};

/// The one algorithm that is understood.
const ALGORITHM: &str = "AWS4-HMAC-SHA256";
