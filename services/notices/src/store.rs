//! The port to notices.db: the letters that are not sent yet.

pub mod postgres;
pub mod sqlite;

use async_trait::async_trait;
use jiff::Timestamp;
use serde::Serialize;
use uuid::Uuid;

use crate::Error;

/// A letter as it came. It stays sealed until it is sent.
#[derive(Clone, Debug)]
pub struct Sealed {
    /// The event's id.
    pub id: Uuid,
    /// The letter, sealed.
    pub sealed: String,
    /// When it was caused.
    pub at: Timestamp,
    /// Whose account it is about, where that is known.
    pub account: Option<Uuid>,
}

/// A letter that is to be sent now, by whom it was given to.
#[derive(Clone, Debug)]
pub struct Due {
    /// The letter.
    pub letter: Sealed,
    /// How often it was tried, this time included.
    pub attempts: i64,
}

/// A letter that was given up. Whom it is for only the sealed letter knows.
#[derive(Clone, Debug, Serialize)]
pub struct Dead {
    /// The event's id, which is in the letter's `Message-ID`.
    pub id: Uuid,
    /// When it was caused.
    pub at: Timestamp,
    /// Since when nobody tries any more.
    pub dead_at: Timestamp,
    /// How often it was tried.
    pub attempts: i64,
    /// Why it was not sent the last time.
    pub reason: String,
}

/// A letter that is kept, for whom it is about.
#[derive(Clone, Debug)]
pub struct Kept {
    /// The letter.
    pub letter: Sealed,
    /// How often it was tried.
    pub attempts: i64,
    /// Whether it was given up.
    pub is_dead: bool,
}

/// How many letters there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// Those to be sent.
    pub waiting: i64,
    /// When the oldest of them was caused.
    pub oldest: Option<Timestamp>,
    /// Those given up.
    pub dead: i64,
}

/// Letters. Every method is atomic.
#[async_trait]
pub trait Store: Send + Sync {
    /// Keeps letters that are due at once: each once by its id, also when it was sent long ago.
    /// None that is older than the end of its account.
    async fn take_in(&self, letters: &[Sealed]) -> Result<(), Error>;

    /// The letter that has been due longest, for the caller alone until `until`: of two that ask at once
    /// each gets another one. The attempt is counted, so that a letter on which processes die is given
    /// up some day.
    async fn claim(&self, now: Timestamp, until: Timestamp) -> Result<Option<Due>, Error>;

    /// Forgets a letter that was sent; repeatable.
    async fn forget(&self, id: Uuid) -> Result<(), Error>;

    /// Tries a letter again at `next`, unless somebody else has claimed it meanwhile.
    async fn put_off(&self, due: &Due, next: Timestamp, reason: &str) -> Result<(), Error>;

    /// Gives a letter up, unless somebody else has claimed it meanwhile.
    async fn give_up(&self, due: &Due, now: Timestamp, reason: &str) -> Result<(), Error>;

    /// Deletes the letters about an account that is gone, sent or not, but those that are newer than the event
    /// that told so: the last one says it. Repeatable.
    async fn forget_account(&self, account: Uuid, event_id: Uuid) -> Result<(), Error>;

    /// The letters about an account, oldest first.
    async fn letters_of(&self, account: Uuid) -> Result<Vec<Kept>, Error>;

    /// The letters that were given up, oldest first.
    async fn dead(&self, limit: u32) -> Result<Vec<Dead>, Error>;

    /// Has the letters that were given up tried again from now on; how many.
    async fn revive(&self, now: Timestamp) -> Result<u64, Error>;

    /// Deletes the letters that were given up before `before`.
    async fn bury(&self, before: Timestamp) -> Result<(), Error>;

    /// How many there are.
    async fn count(&self) -> Result<Count, Error>;

    /// Whether the store answers.
    async fn ping(&self) -> Result<(), Error>;
}

fn time(column: i64) -> Result<Timestamp, Error> {
    Timestamp::from_millisecond(column).map_err(|fault| Error::Internal(fault.into()))
}
