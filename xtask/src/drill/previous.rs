//! The shop as another revision has it: checked out and built beside this one.

use std::{fs::File, path::PathBuf};

use anyhow::bail;

use crate::{
    run::{command, root, run, succeeds},
    up::Release,
};

/// A revision that is checked out and built. The checkout goes when this is dropped; what was built
/// stays, for the next time.
pub(super) struct Previous {
    pub(super) release: Release,
    _tree: Tree,
}

impl Previous {
    pub(super) fn build(revision: &str) -> anyhow::Result<Self> {
        let tree = Tree::check_out(revision)?;
        let release = Release::build(&tree.path, &folder().join("target"), false)?;
        Ok(Self {
            release,
            _tree: tree,
        })
    }
}

/// Always the same folder, or cargo would build everything anew.
fn folder() -> PathBuf {
    root().join("target/previous")
}

/// A temporary work tree of git.
struct Tree {
    path: PathBuf,
    _lock: File,
}

impl Tree {
    fn check_out(revision: &str) -> anyhow::Result<Self> {
        std::fs::create_dir_all(folder())?;
        let lock = File::create(folder().join("lock"))?;
        if lock.try_lock().is_err() {
            bail!("{} is in use by another drill", folder().display());
        }
        let tree = Self {
            path: folder().join("tree"),
            _lock: lock,
        };
        // One that was killed may have left its own.
        tree.remove();
        let mut add = command("git", &["worktree", "add", "--quiet", "--detach"]);
        run(add.arg(&tree.path).arg(revision))?;
        Ok(tree)
    }

    /// Repeatable.
    fn remove(&self) {
        let mut remove = command("git", &["worktree", "remove", "--force"]);
        succeeds(remove.arg(&self.path));
    }
}

impl Drop for Tree {
    fn drop(&mut self) {
        self.remove();
    }
}
