//! Who asked what, and how it ended.

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use crate::Error;

/// For how long a query is remembered.
pub(super) const REMEMBERED: SignedDuration = SignedDuration::from_hours(365 * 24);

/// A query that was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Unique, ordered by time (UUIDv7).
    pub id: Uuid,
    /// Which of the staff asked.
    pub asked_by: Uuid,
    /// When.
    pub at: Timestamp,
    /// The query, as it was written.
    pub sql: String,
    /// How it ended; none while it runs, or where the process died meanwhile.
    pub ended: Option<Ended>,
}

/// How a query ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// `answered`, `truncated`, `refused`, `too-costly` or `failed`.
    pub outcome: String,
    /// How many rows were answered.
    pub rows: i64,
    /// How long it took.
    pub took_ms: i64,
}

/// The log.
#[async_trait]
pub trait QueryLog: Send + Sync {
    /// Notes a query before it runs, and forgets those of over a year ago.
    async fn note(&self, asked: &Asked) -> Result<(), Error>;

    /// Notes how it ended.
    async fn note_end(&self, id: Uuid, ended: &Ended) -> Result<(), Error>;

    /// Queries before this one, newest first.
    async fn asked(&self, before: Option<Uuid>, limit: u32) -> Result<Vec<Asked>, Error>;
}
