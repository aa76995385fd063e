//! What a bucket refuses.

use crate::Fault;

/// Why an object was not written or read.
#[derive(Debug, thiserror::Error)]
pub enum BucketFault {
    /// There is one of this key already.
    #[error("the object is there already")]
    Exists,
    /// There is none of this key.
    #[error("no such object")]
    Missing,
    /// It has more bytes than the caller takes.
    #[error("the object is too large")]
    TooLarge,
    /// Anything else.
    #[error(transparent)]
    Other(Fault),
}

impl From<Fault> for BucketFault {
    fn from(fault: Fault) -> Self {
        match (fault.status, &*fault.code) {
            // Of two that write at once one is told so.
            (Some(409), "ConditionalRequestConflict") | (Some(412), _) => Self::Exists,
            // That there is no such bucket is for a person to mend.
            (Some(404), code) if code != "NoSuchBucket" => Self::Missing,
            _ => Self::Other(fault),
        }
    }
}
