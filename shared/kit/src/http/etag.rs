//! Optimistic concurrency: `ETag` out, `If-Match` in (RFC 9110 §13.1.1), over row versions.

use axum::{
    extract::FromRequestParts,
    response::{IntoResponseParts, ResponseParts},
};
use http::{HeaderValue, header, request::Parts};

use super::{Problem, kinds};

/// The version of what is answered, sent as the strong entity tag `"<version>"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ETag(pub i64);

impl IntoResponseParts for ETag {
    type Error = std::convert::Infallible;

    fn into_response_parts(self, mut parts: ResponseParts) -> Result<ResponseParts, Self::Error> {
        let tag = HeaderValue::from_str(&format!("\"{}\"", self.0)).expect("digits and quotes");
        parts.headers_mut().insert(header::ETAG, tag);
        Ok(parts)
    }
}

/// What the caller last saw, in one line or in several (RFC 9110 §5.3). Answers 428 `precondition-required` when it does not say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IfMatch {
    /// `*`: whatever version there is.
    Any,
    /// One of these versions; tags that are not ours match nothing.
    Versions(Vec<i64>),
}

impl IfMatch {
    /// Whether `version` is what the caller last saw.
    pub fn allows(&self, version: i64) -> bool {
        match self {
            Self::Any => true,
            Self::Versions(versions) => versions.contains(&version),
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
        if !parts.headers.contains_key(header::IF_MATCH) {
            return Err(kinds::PRECONDITION_REQUIRED
                .problem()
                .detail("Send `If-Match` with the ETag that you read."));
        }
        let lines = parts.headers.get_all(header::IF_MATCH).iter();
        let lines = lines.map(|line| line.to_str().unwrap_or_default());
        let tags: Vec<&str> = lines
            .flat_map(|line| line.split(',').map(str::trim))
            .collect();
        Ok(match tags[..] {
            ["*"] => Self::Any,
            _ => Self::Versions(tags.into_iter().filter_map(version).collect()),
        })
    }
}

/// The version that a tag of ours names. `"+4"` and `"04"` are other tags than `"4"`.
fn version(tag: &str) -> Option<i64> {
    let text = tag.strip_prefix('"')?.strip_suffix('"')?;
    let version: i64 = text.parse().ok()?;
    (version.to_string() == text).then_some(version)
}
