//! Files in a folder, which nobody but the shop's user reads.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
};

use async_trait::async_trait;
use jiff::civil::Date;

use super::Files;
use crate::Error;

/// The folder.
pub(in crate::clicks) struct Folder(PathBuf);

impl Folder {
    /// Makes it where it is missing.
    pub(in crate::clicks) fn open(path: &Path) -> io::Result<Self> {
        kit::private::folder(path)?;
        Ok(Self(path.to_owned()))
    }
}

#[async_trait]
impl Files for Folder {
    async fn write(&self, path: &str, content: Vec<u8>) -> Result<(), Error> {
        let path = self.0.join(path);
        on_a_thread(move || write(&path, &content)).await
    }

    async fn forget_before(&self, day: Date) -> Result<(), Error> {
        let folder = self.0.clone();
        on_a_thread(move || forget(&folder, day)).await
    }
}

/// Written beside, and then it takes its name. It is not synced: a few seconds of clicks may go with a machine.
fn write(path: &Path, content: &[u8]) -> io::Result<()> {
    if path.exists() {
        return Ok(());
    }
    if let Some(day) = path.parent() {
        kit::private::folder(day)?;
    }
    let beside = path.with_added_extension("new");
    File::create(&beside)?.write_all(content)?;
    fs::rename(beside, path)
}

/// What is called otherwise than a day is somebody else's.
fn forget(folder: &Path, before: Date) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let day = name.to_str().and_then(|name| name.strip_prefix("day="));
        let day: Option<Date> = day.and_then(|day| day.parse().ok());
        if day.is_some_and(|day| day < before) {
            fs::remove_dir_all(entry.path())?;
        }
    }
    Ok(())
}

async fn on_a_thread(work: impl FnOnce() -> io::Result<()> + Send + 'static) -> Result<(), Error> {
    let done = tokio::task::spawn_blocking(work).await;
    let done = done.map_err(|fault| Error::Internal(fault.into()))?;
    done.map_err(|fault| Error::Unavailable(fault.into()))
}
