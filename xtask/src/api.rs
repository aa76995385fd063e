//! `cargo xtask api`: what the documents promise, and a second API from one that is there.

mod changes;
mod clone;
mod operations;

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, ensure};
use clap::Subcommand;
use serde_json::Value;

use crate::run::{command, output, root};
use clone::SecondApi;
use operations::{operations, parse};

/// Where the documents are.
const FOLDER: &str = "openapi";

/// Where those of the last release are: what clients were promised.
const RELEASED: &str = "openapi/released";

/// All documents in one: what it says they say.
const MERGED: &str = "terrace.json";

#[derive(Subcommand)]
pub(crate) enum Api {
    /// Says what has changed since the last release, and fails when a change breaks clients.
    Changes {
        /// Compare with a revision of the repository instead, such as a tag.
        #[arg(long, value_name = "REVISION")]
        since: Option<String>,
    },
    /// Makes the documents what clients are promised from now on; part of every release.
    Release,
    /// Makes a second API from one that is there: the same operations under another name.
    Clone {
        /// The API: the name of its document.
        api: String,
        /// The new one's name, which its paths begin with.
        #[arg(long = "as", value_name = "NAME")]
        name: String,
        /// Where its document and its policies go, into `openapi` and `policies`; beside the originals unless told.
        #[arg(long, value_name = "FOLDER")]
        into: Option<PathBuf>,
    },
}

impl Api {
    pub(crate) fn run(&self) -> anyhow::Result<()> {
        match self {
            Self::Changes { since } => changes(since.as_deref()),
            Self::Release => release(),
            Self::Clone { api, name, into } => {
                let into = into.as_deref().unwrap_or(root());
                SecondApi { api, name }.write(root(), into)
            }
        }
    }
}

/// Compares the documents with what was promised.
pub(crate) fn changes(since: Option<&str>) -> anyhow::Result<()> {
    let old = match since {
        Some(revision) => of_revision(revision)?,
        None => of_folder(&root().join(RELEASED))?,
    };
    let new = of_folder(&root().join(FOLDER))?;
    // As 2026-12-31T…Z: days compare as text.
    let now = jiff::Timestamp::now().to_string();
    let mut changes = changes::changes(&operations(&old), &operations(&new), &now[..10]);
    changes.sort();
    changes.dedup();
    for change in &changes {
        println!("{change}");
    }
    let breaking = changes.iter().filter(|change| change.breaks).count();
    let all = changes.len();
    println!(
        "{all} changes of the API since {}, {breaking} of them breaking",
        since.unwrap_or(RELEASED)
    );
    ensure!(
        breaking == 0,
        "clients that work now would fail. Keep what they use and add beside it, or serve a new version: docs/versions.md"
    );
    Ok(())
}

/// The documents of a folder.
fn of_folder(folder: &Path) -> anyhow::Result<Vec<Value>> {
    let document = |name: String| {
        let path = folder.join(name);
        let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        parse(&path.display().to_string(), &text)
    };
    names(folder)?.into_iter().map(document).collect()
}

/// The names of the documents of a folder, without that which is all of them.
fn names(folder: &Path) -> anyhow::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        names.push(entry?.file_name().to_string_lossy().into_owned());
    }
    names.retain(|name| is_document(name));
    ensure!(
        !names.is_empty(),
        "{}: there is no document",
        folder.display()
    );
    Ok(names)
}

/// The documents as a revision has them.
fn of_revision(revision: &str) -> anyhow::Result<Vec<Value>> {
    let folder = format!("{FOLDER}/");
    let list = ["ls-tree", "--name-only", revision, "--", &folder];
    let files = output(&mut command("git", &list))?;
    let files = files
        .lines()
        .filter(|file| is_document(file.trim_start_matches(&folder)));
    let document = |file: &str| {
        let name = format!("{revision}:{file}");
        parse(&name, &output(&mut command("git", &["show", &name]))?)
    };
    let documents: Vec<Value> = files.map(document).collect::<anyhow::Result<_>>()?;
    ensure!(
        !documents.is_empty(),
        "{revision}: there is no document in {folder}"
    );
    Ok(documents)
}

fn is_document(name: &str) -> bool {
    name.ends_with(".json") && name != MERGED
}

/// Copies the documents to where those of the last release are, unless one breaks what that promised.
fn release() -> anyhow::Result<()> {
    let (from, to) = (root().join(FOLDER), root().join(RELEASED));
    if to.exists() {
        changes(None)?;
        // One that is gone is promised no more.
        fs::remove_dir_all(&to)?;
    }
    fs::create_dir(&to)?;
    for name in names(&from)? {
        fs::copy(from.join(&name), to.join(&name)).with_context(|| name.clone())?;
        println!("{RELEASED}/{name} written");
    }
    Ok(())
}
