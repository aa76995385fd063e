//! Why a signed request is refused, by the names that AWS uses.

/// Why a signed request is refused. The text is for the client: it never tells what would have been right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The request lacks the session token that belongs to its access key.
    #[error("Temporary credentials need their session token, `X-Amz-Security-Token`.")]
    MissingAuthenticationToken,
    /// A part of the signature is missing, malformed or not allowed.
    #[error("{0}")]
    IncompleteSignature(&'static str),
    /// The signature is not the one of this request, or not of this time.
    #[error("{0}")]
    InvalidSignature(&'static str),
    /// The credentials have expired.
    #[error("The session token has expired.")]
    ExpiredToken,
    /// The access key, or its session token, is not one of ours.
    #[error("The access key or its session token is not known here.")]
    UnrecognizedClient,
}

impl Refusal {
    /// The name that AWS gives it, for `x-amzn-errortype`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::MissingAuthenticationToken => "MissingAuthenticationTokenException",
            Self::IncompleteSignature(_) => "IncompleteSignatureException",
            Self::InvalidSignature(_) => "InvalidSignatureException",
            Self::ExpiredToken => "ExpiredTokenException",
            Self::UnrecognizedClient => "UnrecognizedClientException",
        }
    }
}
