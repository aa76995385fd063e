//! Who takes the letters: a folder, or a mail server.

mod folder;
mod smtp;

use async_trait::async_trait;
use lettre::Message;
use uuid::Uuid;

pub(crate) use self::{folder::Folder, smtp::Smtp};

/// Why a letter was not taken. The sentence is kept with the letter, and tells nothing of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It never will be.
    ForGood(String),
    /// It may be later.
    ForNow(String),
    /// None is taken at present.
    OfAll(String),
}

/// Takes letters.
#[async_trait]
pub trait Transport: Send + Sync {
    /// Takes the letter with this id. `Ok` means that it is in other hands; it may be also when it is
    /// refused, when the answer was lost.
    async fn send(&self, id: Uuid, letter: &Message) -> Result<(), Refusal>;
}
