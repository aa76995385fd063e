//! Links in letters, and what is done by them.

use async_trait::async_trait;
use jiff::Timestamp;
use kit::events::Event;
use uuid::Uuid;

use super::Tell;
use crate::{
    Error,
    link::{Link, Purpose},
    session::TokenHash,
    user::User,
};

/// Links, by the hash of their token. One that has expired is not there.
#[async_trait]
pub trait Links: Send + Sync {
    /// Stores a link in place of those for the same purpose and address, with the events that send it.
    async fn replace_link(&self, link: &Link, events: &[Event]) -> Result<(), Error>;

    /// Whether there is such a link, about an account.
    async fn has_link(
        &self,
        token: &TokenHash,
        purpose: Purpose,
        now: Timestamp,
    ) -> Result<bool, Error>;

    /// Uses a link up: its owner has another password, and no session any more. The address of the account is
    /// proven by the way. None where there is no such link; of two that use one at once one finds it.
    async fn reset_password(
        &self,
        token: &TokenHash,
        password_hash: &str,
        now: Timestamp,
        tell: Tell,
    ) -> Result<Option<User>, Error>;

    /// Uses a link up: its address is the proven one of the account. [`Error::EmailTaken`] where another account
    /// has it by now. `tell` is called where it was another before, with the user as they were.
    async fn prove_address(
        &self,
        token: &TokenHash,
        now: Timestamp,
        tell: Tell,
    ) -> Result<Option<User>, Error>;

    /// Whether the user has proven the account's address.
    async fn has_proven_address(&self, user_id: Uuid) -> Result<bool, Error>;

    /// Forgets what has expired before `now`.
    async fn delete_expired_links(&self, now: Timestamp) -> Result<(), Error>;
}
