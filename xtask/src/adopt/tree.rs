//! All files of the project, as they are and as they will be. Nothing is written before all is worked out.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use anyhow::Context;

use crate::run::{command, output};

/// The files, below the workspace's folder.
#[derive(Clone)]
pub(super) struct Tree {
    /// What can be read as text.
    pub(super) files: BTreeMap<String, String>,
    /// What cannot.
    others: BTreeSet<String>,
    /// All that was there at first.
    all: BTreeSet<String>,
}

impl Tree {
    /// What is committed in this folder.
    pub(super) fn of(folder: &Path) -> anyhow::Result<Self> {
        let listed = output(command("git", &["ls-files", "-z"]).current_dir(folder))?;
        let mut tree = Self {
            files: BTreeMap::new(),
            others: BTreeSet::new(),
            all: BTreeSet::new(),
        };
        for file in listed.split_terminator('\0') {
            let content = fs::read(folder.join(file)).with_context(|| file.to_owned())?;
            match String::from_utf8(content) {
                Ok(text) => {
                    tree.files.insert(file.to_owned(), text);
                }
                Err(_) => {
                    tree.others.insert(file.to_owned());
                }
            }
            tree.all.insert(file.to_owned());
        }
        Ok(tree)
    }

    #[cfg(test)]
    pub(super) fn with(files: &[(&str, &str)]) -> Self {
        let file = |(path, text): &(&str, &str)| ((*path).to_owned(), (*text).to_owned());
        let files: BTreeMap<_, _> = files.iter().map(file).collect();
        Self {
            all: files.keys().cloned().collect(),
            others: BTreeSet::new(),
            files,
        }
    }

    /// Whether there is a file of this path, or a folder.
    pub(super) fn has(&self, path: &str) -> bool {
        let below = format!("{path}/");
        let is_it = |file: Option<&String>| file.is_some_and(|it| it.starts_with(&below));
        self.files.contains_key(path)
            || self.others.contains(path)
            || is_it(
                self.files
                    .range(below.clone()..)
                    .next()
                    .map(|(file, _)| file),
            )
            || is_it(self.others.range(below.clone()..).next())
    }

    /// Whether a file or a folder of this path was there and is no more.
    pub(super) fn has_lost(&self, path: &str) -> bool {
        let below = format!("{path}/");
        let first = self.all.range(below.clone()..).next();
        let was = self.all.contains(path) || first.is_some_and(|it| it.starts_with(&below));
        was && !self.has(path)
    }

    pub(super) fn paths(&self) -> impl Iterator<Item = &String> {
        self.files.keys().chain(&self.others)
    }

    /// The files of this name, anywhere.
    pub(super) fn named(&self, name: &str) -> Vec<String> {
        let is_it = |file: &&String| {
            Path::new(file.as_str())
                .file_name()
                .is_some_and(|it| it == name)
        };
        self.files.keys().filter(is_it).cloned().collect()
    }

    /// The text files for which `wanted` is true.
    pub(super) fn texts(&self, wanted: impl Fn(&str) -> bool) -> Vec<String> {
        self.files
            .keys()
            .filter(|file| wanted(file))
            .cloned()
            .collect()
    }

    pub(super) fn remove(&mut self, goes: impl Fn(&str) -> bool) {
        self.files.retain(|file, _| !goes(file));
        self.others.retain(|file| !goes(file));
    }

    /// Changes the text of a file; a file that is gone stays so.
    pub(super) fn edit(&mut self, file: &str, edit: impl FnOnce(&str) -> String) {
        if let Some(text) = self.files.get_mut(file) {
            *text = edit(text);
        }
    }

    /// Moves a file, and whoever names it follows.
    pub(super) fn rename(&mut self, from: &str, to: &str) {
        if let Some(text) = self.files.remove(from) {
            self.files.insert(to.to_owned(), text);
            for (file, text) in &mut self.files {
                if text.contains(from) && !super::rust::is_own(file) {
                    *text = text.replace(from, to);
                }
            }
        }
    }
}

/// Whether a file is this path, or in the folder of this path.
pub(super) fn is_within(file: &str, path: &str) -> bool {
    file.strip_prefix(path)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The path that `link` names in a file of `folder`.
pub(super) fn resolved(folder: &str, link: &str) -> String {
    let mut parts: Vec<&str> = folder.split('/').filter(|it| !it.is_empty()).collect();
    for part in link.trim_end_matches('/').split('/') {
        match part {
            "." | "" => {}
            ".." => {
                parts.pop();
            }
            _ => parts.push(part),
        }
    }
    parts.join("/")
}

/// The folder of a file.
pub(super) fn folder(file: &str) -> &str {
    file.rsplit_once('/').map_or("", |(folder, _)| folder)
}
