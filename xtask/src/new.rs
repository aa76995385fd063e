//! `cargo xtask new`: the next service, or one more operation. All of it is worked out before anything is written; what fails
//! afterwards leaves nothing behind; and what is written is undone by
//! `git checkout . && git clean -d --force services .sqlx k8s openapi`.

mod aws;
mod deployment;
mod edit;
mod kubernetes;
pub(crate) mod lane;
pub(crate) mod names;
mod operation;
mod service;
mod wiring;

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, ensure};
use clap::Subcommand;

use crate::run::{cargo, command, output, root, run, succeeds};

/// The crate that a new service is copied from, a service like the others.
pub(crate) const TEMPLATE: &str = "nursery";

/// Where it is.
pub(crate) const TEMPLATE_FOLDER: &str = "xtask/template";

#[derive(Subcommand)]
pub(crate) enum New {
    /// A service with a database of its own, behind the edge: its crate, and what the rest has to know of it.
    Service {
        /// Its name: a plural in small letters, as `reviews`.
        name: String,
        /// What it keeps, one of them; the name without its last letter unless told.
        #[arg(long)]
        noun: Option<String>,
        /// A service that this command has made, whose operations it gets too; what others are like, nobody can rename.
        #[arg(long, value_name = "SERVICE")]
        like: Option<String>,
        /// Says which files it would write, and writes nothing.
        #[arg(long)]
        dry_run: bool,
    },
    /// An operation of a service, for anybody who is signed in.
    Operation {
        /// The service.
        service: String,
        /// What it does, a verb and a noun: `archive_review`.
        name: String,
        /// Says which files it would write, and writes nothing.
        #[arg(long)]
        dry_run: bool,
    },
}

impl New {
    pub(crate) fn run(&self) -> anyhow::Result<()> {
        let tree = Tree::at(root());
        let (change, dry_run) = match self {
            Self::Service {
                name,
                noun,
                like,
                dry_run,
            } => (
                service::service(&tree, name, noun.as_deref(), like.as_deref())?,
                *dry_run,
            ),
            Self::Operation {
                service,
                name,
                dry_run,
            } => (operation::operation(&tree, service, name)?, *dry_run),
        };
        change.refuse_to_overwrite(&tree)?;
        if dry_run {
            change.tell("would be");
            return Ok(());
        }
        refuse_dirty(&tree)?;
        needs_rustfmt()?;
        write(&tree, &change, finish)?;
        change.tell("is");
        println!("{}", change.told);
        Ok(())
    }
}

/// Writes, and does what follows; all of it or nothing.
fn write(
    tree: &Tree,
    change: &Change,
    finish: impl FnOnce() -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    all_or_nothing(&tree.folder, || change.write(tree).and_then(|()| finish()))
}

/// Writes to a tree without changes; what fails leaves it so.
pub(crate) fn all_or_nothing(
    tree: &Path,
    write: impl FnOnce() -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let Err(fault) = write() else {
        return Ok(());
    };
    // What git knows nothing of is what was written here.
    for undo in [
        ["checkout", "--quiet", "."].as_slice(),
        &["clean", "-d", "--force", "--quiet", "."],
    ] {
        output(command("git", undo).current_dir(tree))
            .with_context(|| format!("{fault:#}; and what was written is still there"))?;
    }
    Err(fault.context("nothing was changed"))
}

/// What [`finish`] writes.
const MADE: &str = "Cargo.lock, the documents in openapi/ and, where there is AWS, their tables in aws/ and docs/aws.md.";

/// What follows from the new code: its layout, and what it says of itself.
fn finish() -> anyhow::Result<()> {
    run(&mut cargo(&["fmt", "--all"]))?;
    crate::openapi(false)?;
    aws::tables()?;
    Ok(())
}

pub(crate) fn needs_rustfmt() -> anyhow::Result<()> {
    ensure!(
        succeeds(&mut cargo(&["fmt", "--version"])),
        "rustfmt is needed: `rustup component add rustfmt`"
    );
    Ok(())
}

/// What somebody has not committed could not be told from what is made here, nor be undone apart from it.
fn refuse_dirty(tree: &Tree) -> anyhow::Result<()> {
    let mut status = command("git", &["status", "--porcelain"]);
    let changed = output(status.current_dir(&tree.folder))
        .context("git is needed, and a repository of it, so that this can be undone")?;
    let first = changed.lines().next().unwrap_or_default();
    ensure!(
        changed.is_empty(),
        "commit or stash your changes first, so that this one can be undone alone: `{}` and {} more",
        first.trim(),
        changed.lines().count().saturating_sub(1)
    );
    Ok(())
}

/// The files of the workspace.
struct Tree {
    folder: PathBuf,
}

impl Tree {
    fn at(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
        }
    }

    fn has(&self, path: &str) -> bool {
        self.folder.join(path).exists()
    }

    fn read(&self, path: &str) -> anyhow::Result<String> {
        fs::read_to_string(self.folder.join(path)).with_context(|| path.to_owned())
    }

    /// All files below a folder, by their paths within it.
    fn files(&self, below: &str) -> anyhow::Result<Vec<String>> {
        let top = self.folder.join(below);
        let (mut found, mut folders) = (Vec::new(), vec![top.clone()]);
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(&folder).with_context(|| folder.display().to_string())? {
                let path = entry?.path();
                if path.is_dir() {
                    folders.push(path);
                } else if let Ok(path) = path.strip_prefix(&top) {
                    found.push(path.display().to_string());
                }
            }
        }
        found.sort();
        Ok(found)
    }
}

/// Files to write, by path: new ones, and others as they will be.
#[derive(Default)]
struct Change {
    new: BTreeMap<String, String>,
    changed: BTreeMap<String, String>,
    /// What to say when it is done.
    told: String,
}

impl Change {
    /// Changes a file that is there, as it is by now.
    fn edit(
        &mut self,
        tree: &Tree,
        path: &str,
        edit: impl FnOnce(String) -> anyhow::Result<String>,
    ) -> anyhow::Result<()> {
        let text = match self.changed.remove(path) {
            Some(text) => text,
            None => tree.read(path)?,
        };
        let edited = edit(text).with_context(|| path.to_owned())?;
        self.changed.insert(path.to_owned(), edited);
        Ok(())
    }

    fn refuse_to_overwrite(&self, tree: &Tree) -> anyhow::Result<()> {
        for path in self.new.keys() {
            ensure!(!tree.has(path), "{path} is there already");
        }
        Ok(())
    }

    fn write(&self, tree: &Tree) -> anyhow::Result<()> {
        for (path, text) in self.new.iter().chain(&self.changed) {
            let path = tree.folder.join(path);
            fs::create_dir_all(path.parent().unwrap_or(&tree.folder))?;
            fs::write(&path, text).with_context(|| path.display().to_string())?;
        }
        Ok(())
    }

    fn tell(&self, verb: &str) {
        for path in self.new.keys() {
            println!("{path} {verb} new");
        }
        for path in self.changed.keys() {
            println!("{path} {verb} changed");
        }
        println!("What is made of them {verb} changed too: {MADE}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A repository with one file in it.
    fn repository() -> (tempfile::TempDir, Tree) {
        let folder = tempfile::tempdir().unwrap();
        let tree = Tree::at(folder.path());
        fs::write(folder.path().join("old"), "old").unwrap();
        let who = [
            "-c",
            "user.name=test",
            "-c",
            "user.email=test@terrace.example",
        ];
        for arguments in [
            ["init", "--quiet"].as_slice(),
            &["add", "."],
            &[&who[..], &["commit", "--quiet", "--message", "old"]].concat(),
        ] {
            output(command("git", arguments).current_dir(folder.path())).unwrap();
        }
        (folder, tree)
    }

    fn change() -> Change {
        Change {
            new: BTreeMap::from([("a/new".to_owned(), "new".to_owned())]),
            changed: BTreeMap::from([("old".to_owned(), "changed".to_owned())]),
            ..Change::default()
        }
    }

    #[test]
    fn what_fails_in_the_middle_leaves_all_as_it_was() {
        let (_folder, tree) = repository();

        let failed = write(&tree, &change(), || {
            assert_eq!(tree.read("old")?, "changed");
            anyhow::bail!("no such tool")
        });

        let told = format!("{:#}", failed.unwrap_err());
        assert_eq!(told, "nothing was changed: no such tool");
        assert_eq!(tree.read("old").unwrap(), "old");
        assert!(!tree.has("a"));
        refuse_dirty(&tree).unwrap();
    }

    #[test]
    fn what_cannot_be_written_leaves_all_as_it_was() {
        let (_folder, tree) = repository();
        let mut change = change();
        // There is a file of this name.
        change.new.insert("old/new".to_owned(), "new".to_owned());

        write(&tree, &change, || Ok(())).unwrap_err();

        assert!(!tree.has("a"));
        refuse_dirty(&tree).unwrap();
    }

    #[test]
    fn without_a_repository_or_with_changes_nothing_begins() {
        let (folder, tree) = repository();
        let elsewhere = tempfile::tempdir().unwrap();

        let none = refuse_dirty(&Tree::at(elsewhere.path())).unwrap_err();
        fs::write(folder.path().join("mine"), "mine").unwrap();
        let dirty = refuse_dirty(&tree).unwrap_err();

        assert!(none.to_string().starts_with("git is needed"), "{none}");
        assert!(dirty.to_string().starts_with("commit or stash"), "{dirty}");
        assert!(dirty.to_string().contains("mine"), "{dirty}");
    }

    #[test]
    fn what_is_there_is_not_overwritten() {
        let (_folder, tree) = repository();
        let mut change = change();
        change.refuse_to_overwrite(&tree).unwrap();

        change.new.insert("old".to_owned(), String::new());

        let refused = change.refuse_to_overwrite(&tree).unwrap_err();
        assert_eq!(refused.to_string(), "old is there already");
    }
}
