//! People who leave, or ask what is kept of them.

use async_trait::async_trait;
use jiff::Timestamp;
use kit::events::Event;
use serde::Serialize;
use uuid::Uuid;

use super::Tell;
use crate::Error;

/// The topic of the event that an account is gone.
pub const DELETED: &str = "user.deleted";

/// The facts of that event.
#[derive(Serialize)]
struct Deleted {
    user_id: Uuid,
}

/// The event for whoever keeps something of the person.
pub(super) fn deleted(user_id: Uuid) -> Event {
    Event::new(DELETED, user_id, &Deleted { user_id })
}

/// Whether the last manager may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Managers {
    /// No: nobody could look after people.
    OneStays,
    /// Yes: the groups are kept elsewhere.
    AllMayGo,
}

/// A link of a letter, as its owner is told of it.
#[derive(Debug)]
pub struct KeptLink {
    /// What it is for.
    pub purpose: String,
    /// Where its letter went.
    pub email: String,
    /// Until when it works.
    pub expires_at: Timestamp,
}

/// Accounts that go, and what is kept of one until then.
#[async_trait]
pub trait Departures: Send + Sync {
    /// Deletes an account and all that hangs on it, with an event for each of its sessions
    /// ([`crate::session::ENDED`]), one for the account ([`DELETED`]), and that of `tell` after them.
    /// [`Error::NotFound`] when there is none: of two that delete it at once, one does. [`Error::LastManager`], also
    /// of two at once who are the last.
    async fn delete_user(&self, id: Uuid, managers: Managers, tell: Tell) -> Result<(), Error>;

    /// The links of letters about the user's account that were not used, also those to an address that may be
    /// the account's next one.
    async fn links_of(&self, user_id: Uuid) -> Result<Vec<KeptLink>, Error>;
}
