//! Pictures in a folder.

use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
};

use async_trait::async_trait;
use axum::body::Bytes;

use super::{Kind, Pictures};
use crate::Error;

/// The folder.
pub(super) struct Folder(PathBuf);

impl Folder {
    /// Makes it where it is missing.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        kit::private::folder(path)?;
        Ok(Self(path.to_owned()))
    }
}

#[async_trait]
impl Pictures for Folder {
    async fn keep(&self, name: &str, _: Kind, bytes: Bytes) -> Result<(), Error> {
        let path = self.0.join(name);
        on_a_thread(move || write(&path, &bytes)).await
    }

    async fn get(&self, name: &str) -> Result<Option<Bytes>, Error> {
        let path = self.0.join(name);
        let read = move || match fs::read(path) {
            Ok(bytes) => Ok(Some(bytes.into())),
            Err(fault) if fault.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(fault) => Err(fault),
        };
        on_a_thread(read).await
    }
}

/// A crash leaves no half of a file: it is written beside, synced, and then takes its name.
fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if path.exists() {
        return Ok(());
    }
    let beside = path.with_added_extension(uuid::Uuid::now_v7().simple().to_string());
    let mut file = fs::File::create(&beside)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(beside, path)
}

async fn on_a_thread<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, Error> {
    let done = tokio::task::spawn_blocking(work).await;
    let done = done.map_err(|fault| Error::Internal(fault.into()))?;
    done.map_err(|fault| Error::Unavailable(fault.into()))
}
