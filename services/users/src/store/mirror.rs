//! Rows of people whom a directory elsewhere keeps.

use async_trait::async_trait;

use crate::{Error, user::User};

/// What is kept here of people who are kept elsewhere.
#[async_trait]
pub trait Mirror: Send + Sync {
    /// Keeps a row of this user and returns it: a new one, or the one of this id, which takes over the address
    /// and whether they work here, and keeps its name. Another row that has the address loses it, because the
    /// directory gives it to one account alone: one that was deleted there, and opened anew.
    async fn keep_user(&self, user: &User) -> Result<User, Error>;
}
