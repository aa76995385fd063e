//! Optimistic concurrency: `ETag` out, `If-Match` in (RFC 9110 §13.1.1).

use std::fmt;

use aws_lc_rs::digest;
use axum::{
    extract::FromRequestParts,
    response::{IntoResponseParts, ResponseParts},
};
use http::{HeaderMap, HeaderValue, header, request::Parts};

use super::{Problem, kinds};

/// A strong entity tag: another one as soon as a byte of what is answered is another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ETag(pub u64);

impl ETag {
    /// The tag of these bytes.
    pub fn of(bytes: &[u8]) -> Self {
        let hash = digest::digest(&digest::SHA256, bytes);
        let start = hash.as_ref().first_chunk().expect("SHA-256 has 32 bytes");
        Self(u64::from_be_bytes(*start))
    }
}

impl fmt::Display for ETag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{:016x}\"", self.0)
    }
}

impl IntoResponseParts for ETag {
    type Error = std::convert::Infallible;

    fn into_response_parts(self, mut parts: ResponseParts) -> Result<ResponseParts, Self::Error> {
        let tag = HeaderValue::from_str(&self.to_string()).expect("digits and quotes");
        parts.headers_mut().insert(header::ETAG, tag);
        Ok(parts)
    }
}

/// What the caller last saw, in one line or in several (RFC 9110 §5.3). Answers 428
/// `precondition-required` when it does not say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IfMatch {
    /// `*`: whatever there is.
    Any,
    /// One of these tags, as they were sent: tags that are not ours, weak ones too, match nothing.
    Tags(Vec<String>),
}

impl IfMatch {
    /// What a request with these headers says.
    pub fn of(headers: &HeaderMap) -> Result<Self, Problem> {
        if !headers.contains_key(header::IF_MATCH) {
            return Err(kinds::PRECONDITION_REQUIRED
                .problem()
                .detail("Send `If-Match` with the ETag that you read."));
        }
        // Several lines are one list (RFC 9110 §5.3).
        let lines = headers.get_all(header::IF_MATCH).iter();
        let lines = lines.filter_map(|line| line.to_str().ok());
        let tags: Vec<String> = lines
            .flat_map(|line| line.split(','))
            .map(|tag| tag.trim().to_owned())
            .collect();
        Ok(if tags == ["*"] {
            Self::Any
        } else {
            Self::Tags(tags)
        })
    }

    /// Whether `tag` is what the caller last saw.
    pub fn allows(&self, tag: ETag) -> bool {
        match self {
            Self::Any => true,
            Self::Tags(tags) => tags.contains(&tag.to_string()),
        }
    }

    /// 412 `precondition-failed`: what the caller saw has changed since.
    pub fn failed() -> Problem {
        kinds::PRECONDITION_FAILED
            .problem()
            .detail("Read it again and repeat the change with the new ETag.")
    }
}

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Self::of(&parts.headers)
    }
}
