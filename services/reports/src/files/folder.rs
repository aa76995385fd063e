//! Files in a folder, which nobody but the shop's user reads.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
};

use async_trait::async_trait;
use jiff::civil::Date;
use uuid::Uuid;

use super::Files;
use crate::Error;

/// The folder.
pub struct Folder(PathBuf);

impl Folder {
    /// Makes it where it is missing.
    pub fn open(path: &Path) -> io::Result<Self> {
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

    async fn list(&self) -> Result<Vec<String>, Error> {
        let folder = self.0.clone();
        on_a_thread(move || list(&folder)).await
    }

    async fn delete(&self, paths: &[String]) -> Result<(), Error> {
        let paths: Vec<_> = paths.iter().map(|path| self.0.join(path)).collect();
        on_a_thread(move || paths.iter().try_for_each(|path| delete(path))).await
    }

    async fn forget_before(&self, day: Date) -> Result<(), Error> {
        let folder = self.0.clone();
        on_a_thread(move || forget(&folder, day)).await
    }
}

/// Written beside, where nobody else writes, and then it takes its name. It is not synced: a few seconds of clicks may go with a machine.
fn write(path: &Path, content: &[u8]) -> io::Result<()> {
    if path.exists() {
        return Ok(());
    }
    if let Some(day) = path.parent() {
        kit::private::folder(day)?;
    }
    let beside = path.with_added_extension(format!("{}.new", Uuid::now_v7()));
    File::create(&beside)?.write_all(content)?;
    fs::rename(beside, path)
}

/// One that is being written is none yet.
fn list(folder: &Path) -> io::Result<Vec<String>> {
    let mut paths = Vec::new();
    for (_, day) in days(folder)? {
        for file in fs::read_dir(&day)? {
            let path = file?.path();
            let path = path.strip_prefix(folder).unwrap_or(&path);
            let path = path.to_str().filter(|path| path.ends_with(".gz"));
            paths.extend(path.map(str::to_owned));
        }
    }
    paths.sort();
    Ok(paths)
}

fn delete(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(fault) if fault.kind() == io::ErrorKind::NotFound => Ok(()),
        deleted => deleted,
    }
}

fn forget(folder: &Path, before: Date) -> io::Result<()> {
    let mut old = days(folder)?;
    old.retain(|(day, _)| *day < before);
    old.iter()
        .try_for_each(|(_, path)| fs::remove_dir_all(path))
}

/// What is called otherwise than a day is somebody else's.
fn days(folder: &Path) -> io::Result<Vec<(Date, PathBuf)>> {
    let mut days = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let day = name.to_str().and_then(|name| name.strip_prefix("day="));
        let day: Option<Date> = day.and_then(|day| day.parse().ok());
        days.extend(day.map(|day| (day, entry.path())));
    }
    Ok(days)
}

async fn on_a_thread<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, Error> {
    let done = tokio::task::spawn_blocking(work).await;
    let done = done.map_err(|fault| Error::Internal(fault.into()))?;
    done.map_err(|fault| Error::Unavailable(fault.into()))
}
