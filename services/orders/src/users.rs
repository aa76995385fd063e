//! The neighbour `users`: a shopper's address book. The port and its HTTP client.

use async_trait::async_trait;
use client::Neighbour;
use http::Method;
use uuid::Uuid;

use crate::{Error, address::Address};

/// What orders need of users.
#[async_trait]
pub trait Users: Send + Sync {
    /// An address of this user's book; none when it is not in it.
    async fn address(&self, user_id: Uuid, id: Uuid) -> Result<Option<Address>, Error>;
}

/// Users over its private operation.
pub struct HttpUsers(pub Neighbour);

#[async_trait]
impl Users for HttpUsers {
    async fn address(&self, user_id: Uuid, id: Uuid) -> Result<Option<Address>, Error> {
        let path = format!("/internal/users/{user_id}/addresses/{id}");
        match self.0.call(Method::GET, &path, &()).await {
            Ok(address) => Ok(Some(address)),
            Err(fault) if fault.refusal() == Some("not-found") => Ok(None),
            Err(fault) => Err(Error::Unavailable(fault.into())),
        }
    }
}
