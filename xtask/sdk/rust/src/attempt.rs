//! What a client tells of its attempts.

use std::time::Duration;

use crate::Refusal;

/// One attempt to send a request, when it has ended. A call has more of them when it is repeated, or sent again with a new token.
#[derive(Clone, Copy, Debug)]
pub struct Attempt<'a> {
    pub method: &'a str,
    /// Without the query.
    pub path: &'a str,
    /// Which attempt of its call: 1 is the first.
    pub number: u32,
    pub took: Duration,
    /// Why it came to nothing; none when it succeeded.
    pub refusal: Option<&'a Refusal>,
}
