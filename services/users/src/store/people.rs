//! Accounts, for those who look after them.

use async_trait::async_trait;
use uuid::Uuid;

use super::Tell;
use crate::{
    Error,
    audit::{Entry, Named},
    people::Search,
    user::User,
};

/// Finding accounts, changing those of others, and the log of it. Nothing changes or deletes what is in the log.
#[async_trait]
pub trait People: Send + Sync {
    /// Those who are found by it, the oldest account first, after this one.
    async fn find_people(
        &self,
        search: &Search,
        after: Option<Uuid>,
        limit: u32,
    ) -> Result<Vec<User>, Error>;

    /// Does what the entry says and adds the entry to the log, with the event of `tell` and those of the
    /// sessions that end by it, atomically. False when there was nothing to do: then nothing is stored.
    /// [`Error::NotFound`] when there is no such person, [`Error::NotManager`] when the actor is none by now,
    /// [`Error::LastManager`] when there would be no manager left, however many ask at once.
    async fn carry_out(&self, entry: &Entry, tell: Option<Tell>) -> Result<bool, Error>;

    /// The entries about one person, or about all, the newest first, before this one.
    async fn list_audit(
        &self,
        person: Option<Uuid>,
        before: Option<Uuid>,
        limit: u32,
    ) -> Result<Vec<Named>, Error>;
}
