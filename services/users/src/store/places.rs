//! The sessions of a user, as their owner sees them.

use async_trait::async_trait;
use jiff::Timestamp;
use uuid::Uuid;

use crate::{Error, session::Place};

/// Sessions by their owner. For each that ends there is an event ([`crate::session::ENDED`]).
#[async_trait]
pub trait Places: Send + Sync {
    /// The living sessions of a user, the last used first.
    async fn list_places(&self, user_id: Uuid, now: Timestamp) -> Result<Vec<Place>, Error>;

    /// Ends a session of the user; [`Error::NotFound`] when there is none.
    async fn end_place(&self, user_id: Uuid, family: Uuid) -> Result<(), Error>;

    /// Ends all sessions of the user but this one.
    async fn end_places(&self, user_id: Uuid, but: Option<Uuid>) -> Result<(), Error>;

    /// Gives the user another password and ends all sessions but this one, with an event.
    async fn change_password(
        &self,
        user_id: Uuid,
        password_hash: &str,
        but: Option<Uuid>,
        event: kit::events::Event,
    ) -> Result<(), Error>;
}
