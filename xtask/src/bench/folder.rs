//! Folders that end with the bench that needed them.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// An empty folder that is deleted when this is dropped.
pub(super) struct Folder(PathBuf);

impl Folder {
    /// For the bench of this name.
    pub(super) fn new(name: &str) -> anyhow::Result<Self> {
        let name = format!("terrace-bench-{name}-{}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        fs::create_dir_all(&folder)?;
        Ok(Self(folder))
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
