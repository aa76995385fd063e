//! What accounts are at other providers.

use async_trait::async_trait;
use jiff::Timestamp;
use kit::events::Event;
use uuid::Uuid;

use crate::{Error, provider::Linked, user::User};

/// Identities at other providers, by issuer and subject.
#[async_trait]
pub trait Providers: Send + Sync {
    /// Whose identity this is; it is noted that it was used.
    async fn use_linked(
        &self,
        issuer: &str,
        subject: &str,
        now: Timestamp,
    ) -> Result<Option<User>, Error>;

    /// Inserts a user without a password, whose address is proven, with their identity, atomically.
    /// [`Error::EmailTaken`] and [`Error::ProviderTaken`], decided by the unique constraints.
    async fn insert_linked_user(&self, user: &User, linked: &Linked) -> Result<(), Error>;

    /// Links an identity to its user, with the event that tells of it; nothing where it is linked so already: whether
    /// it was not. [`Error::ProviderTaken`] where it is another user's, or the user has another one there, decided
    /// atomically; [`Error::NotFound`] when there is no such user.
    async fn link_provider(&self, linked: &Linked, event: Event) -> Result<bool, Error>;

    /// Unlinks the user's identity at this provider, with the event that tells of it. [`Error::NotFound`] when there
    /// is none; [`Error::LastWayIn`] where the user has neither a password nor a passkey.
    async fn unlink_provider(
        &self,
        user_id: Uuid,
        provider: &str,
        event: Event,
    ) -> Result<(), Error>;

    /// A user's identities, by the provider's name.
    async fn list_linked(&self, user_id: Uuid) -> Result<Vec<Linked>, Error>;
}
