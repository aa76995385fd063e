//! The port to nursery.db.

pub mod postgres;
pub mod sqlite;

use async_trait::async_trait;
use uuid::Uuid;

use crate::{Error, seedling::Seedling};

/// All seedlings. Every method is atomic.
#[async_trait]
pub trait Store: Send + Sync {
    /// Adds a seedling, once by `key`: the one that is stored by it is returned. Of two that race, both get the
    /// first one's.
    async fn add(&self, seedling: &Seedling, key: &str) -> Result<Seedling, Error>;

    /// The seedling of this id.
    async fn find(&self, id: Uuid) -> Result<Option<Seedling>, Error>;

    /// Seedlings, newest first, from the one before `before` on.
    async fn list(&self, before: Option<Uuid>, limit: u32) -> Result<Vec<Seedling>, Error>;

    /// Removes a seedling; whether there was one.
    async fn remove(&self, id: Uuid) -> Result<bool, Error>;

    /// Whether the store answers.
    async fn ping(&self) -> Result<(), Error>;
}
