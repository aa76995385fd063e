//! Address books.

use async_trait::async_trait;
use uuid::Uuid;

use crate::{Error, address::Address};

/// The addresses that users keep.
#[async_trait]
pub trait Addresses: Send + Sync {
    /// A user's addresses, oldest first.
    async fn list_addresses(&self, user_id: Uuid) -> Result<Vec<(Uuid, Address)>, Error>;

    /// One address of the user.
    async fn find_address(&self, user_id: Uuid, id: Uuid) -> Result<Option<Address>, Error>;

    /// Adds an address; [`Error::TooManyAddresses`] when the book is full, decided atomically, and
    /// [`Error::NotFound`] when there is no such user.
    async fn insert_address(&self, user_id: Uuid, id: Uuid, address: &Address)
    -> Result<(), Error>;

    /// Replaces an address of the user; [`Error::NotFound`] when there is none.
    async fn replace_address(
        &self,
        user_id: Uuid,
        id: Uuid,
        address: &Address,
    ) -> Result<(), Error>;

    /// Deletes an address of the user; [`Error::NotFound`] when there is none.
    async fn delete_address(&self, user_id: Uuid, id: Uuid) -> Result<(), Error>;
}
