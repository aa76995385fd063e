//! A folder that gets a file a letter, for whoever runs the shop to open in a mail program.

use std::{io, path::PathBuf};

use async_trait::async_trait;
use kit::private;
use lettre::Message;
use uuid::Uuid;

use super::{Refusal, Transport};

/// The folder.
pub(crate) struct Folder(PathBuf);

impl Folder {
    /// Made when missing, and closed to others: the links in letters are worth a password.
    pub(crate) fn open(path: PathBuf) -> io::Result<Self> {
        private::folder(&path)?;
        Ok(Self(path))
    }
}

#[async_trait]
impl Transport for Folder {
    async fn send(&self, id: Uuid, letter: &Message) -> Result<(), Refusal> {
        let path = self.0.join(format!("{id}.eml"));
        let letter = letter.formatted();
        let written = tokio::task::spawn_blocking(move || {
            private::write(&path, &String::from_utf8_lossy(&letter))
        });
        let written = written.await.map_err(io::Error::other).flatten();
        written.map_err(|fault| Refusal::OfAll(format!("the folder of letters: {fault}")))
    }
}
