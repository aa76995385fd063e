//! What a service of AWS refuses, told so that it can be written to a log.

use std::error::Error;

use aws_smithy_runtime_api::{client::result::SdkError, http::Response};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use crate::chain;

/// Why a call did not do what it was to do. Its text has no message of the service's own: that may repeat what
/// somebody has sent.
#[derive(Debug, thiserror::Error)]
#[error("{text}")]
pub struct Fault {
    text: String,
    /// The answer's status; none where there was no answer.
    pub status: Option<u16>,
    /// The service's word for it; empty where there was no answer.
    pub code: String,
    /// Whether it passes by itself: the client has tried again, and so may the caller.
    pub is_passing: bool,
}

impl Fault {
    pub(crate) fn of<E>(operation: &'static str, error: &SdkError<E, Response>) -> Self
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        let SdkError::ServiceError(answer) = error else {
            // What could not even be built is missing something: credentials, a region.
            let is_passing = !matches!(error, SdkError::ConstructionFailure(_));
            return Self {
                text: format!("{operation}: {}", chain(error)),
                status: None,
                code: String::new(),
                is_passing,
            };
        };
        let status = answer.raw().status().as_u16();
        let code = error.code().unwrap_or("none").to_owned();
        let is_throttled = ["Throttl", "SlowDown", "RequestTimeout", "TooManyRequests"];
        Self {
            text: format!("{operation}: {status} {code}"),
            is_passing: matches!(status, 429 | 500..)
                || is_throttled.iter().any(|it| code.contains(it)),
            status: Some(status),
            code,
        }
    }

    /// One of the caller's own making, or of an answer that is none.
    pub(crate) fn new(text: String, is_passing: bool) -> Self {
        Self {
            text,
            status: None,
            code: String::new(),
            is_passing,
        }
    }
}
