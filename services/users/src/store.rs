//! The port to users.db.

mod addresses;
mod departures;
mod links;
mod mirror;
mod people;
mod places;
pub mod postgres;
mod providers;
mod second_factors;
pub mod sqlite;

use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use kit::events::{Consumer, Event, Relay};
use uuid::Uuid;

use crate::{
    Error,
    proof::Proof,
    session::{Lives, RefreshToken, Session, TokenHash},
    user::{Email, Name, User},
};

pub use addresses::Addresses;
pub use departures::{DELETED, Departures, KeptLink, Managers};
pub use links::Links;
pub use mirror::Mirror;
pub use people::People;
pub use places::Places;
pub use providers::Providers;
pub use second_factors::{Factors, SecondFactors};

/// What became of a refresh token that was used.
#[derive(Debug)]
pub enum Rotation {
    /// It worked, now or a moment ago. Whose session it is and which, the token that follows, and how
    /// the user last proved who they are.
    Rotated(User, Uuid, RefreshToken, Proof),
    /// It was used before, and not just now: the whole family has ended, and its owner is told.
    Reused,
    /// It is unknown or expired.
    Unknown,
}

/// Tells the owner of an account, when the store has found out whose it is.
pub type Tell = Box<dyn FnOnce(&User) -> Event + Send>;

/// What other services are told.
#[async_trait]
pub trait Events: Send + Sync {
    /// Appends events that nothing else is stored with, atomically.
    async fn append_events(&self, events: &[Event]) -> Result<(), Error>;

    /// What carries this store's events to `consumers`.
    fn relay(&self, consumers: Vec<Arc<dyn Consumer>>) -> Relay;
}

/// Users and sessions. A method that is given events appends them in its transaction.
#[async_trait]
pub trait Store:
    Addresses + Events + Links + Mirror + Departures + People + Places + Providers + SecondFactors
{
    /// Inserts a user; [`Error::EmailTaken`] when the address has an account, decided by the
    /// unique constraint.
    async fn insert_user(&self, user: &User, password_hash: &str) -> Result<(), Error>;

    /// The user with this address and the password's hash.
    async fn find_credentials(&self, email: &Email) -> Result<Option<(User, String)>, Error>;

    /// The user with this id.
    async fn find_user(&self, id: Uuid) -> Result<Option<User>, Error>;

    /// Renames a user and returns it; none when there is none.
    async fn rename_user(&self, id: Uuid, name: &Name) -> Result<Option<User>, Error>;

    /// Gives the user with this address another password.
    async fn set_password(&self, email: &Email, password_hash: &str) -> Result<(), Error>;

    /// Begins a session; [`Error::WrongCredentials`] where the account is gone by now. Those that are too many with it end, the longest unused first.
    async fn insert_session(&self, session: &Session) -> Result<(), Error>;

    /// Uses up `old` and stores its successor in the same family, atomically: of two that come with
    /// the same token one rotates it, and the other gets the same successor, or, where that is used
    /// already, the family's newest token. After the grace a used token ends its family, with the
    /// event of `tell`.
    async fn rotate_session(
        &self,
        old: &RefreshToken,
        lives: Lives,
        now: Timestamp,
        tell: Tell,
    ) -> Result<Rotation, Error>;

    /// Ends the family that the token belongs to; repeatable.
    async fn end_family_of(&self, token: &TokenHash) -> Result<(), Error>;

    /// Notes a newer proof in the family that the token belongs to; false where that is not a session
    /// of this user.
    async fn prove_session(
        &self,
        token: &TokenHash,
        user_id: Uuid,
        proof: Proof,
    ) -> Result<bool, Error>;

    /// Forgets the tokens that expired before `now`.
    async fn delete_expired_sessions(&self, now: Timestamp) -> Result<(), Error>;

    /// Whether the store answers.
    async fn ping(&self) -> Result<(), Error>;
}
