//! `cargo xtask adopt --name acme --without aws,reports`: the project under a name of your own, everywhere, and without the parts
//! that you do not want: the program and its crate, settings, headers, cookies, images, namespaces, ARNs, documents, pages. What is
//! written by commands is written anew.

mod clients;
mod dead;
mod elements;
mod features;
pub(crate) mod lane;
mod lists;
mod pages;
mod parts;
mod prune;
mod rust;
#[cfg(test)]
mod tests;
mod tokens;
mod tree;
mod unused;
mod web;
mod yaml;

use std::{fs, path::Path};

use anyhow::{Context, bail, ensure};

use self::{parts::Going, tree::Tree};
use crate::{
    new::{all_or_nothing, names::is_reserved, needs_rustfmt},
    run::{cargo, command, npm, output, root, run},
    services::services,
};

/// What the project is called. This word is renamed with all others, so that it can be done again.
pub(crate) const NAME: &str = "terrace";

/// The notices of whoever wrote this stay: the licences ask for that.
const KEPT: [&str; 2] = ["LICENSE-APACHE", "LICENSE-MIT"];

/// The people of drills, a package that is not of the workspace.
const PEOPLE: &str = "xtask/shoppers/";

#[derive(clap::Args)]
pub(crate) struct Adopt {
    /// The new name: a small letter, then up to 19 small letters and digits.
    #[arg(long, required_unless_present = "without")]
    name: Option<String>,
    /// Parts to take out, with commas between: `aws`, `k8s`, `reports`, `payments`, `notices`, `orders` (docs/fork.md).
    #[arg(long, value_delimiter = ',')]
    without: Vec<String>,
    /// Prints which files would change, and changes nothing.
    #[arg(long)]
    dry_run: bool,
}

/// A file that changes.
#[derive(Debug, PartialEq)]
struct Change {
    from: String,
    to: String,
    text: String,
}

impl Adopt {
    pub(crate) fn run(&self) -> anyhow::Result<()> {
        if let Some(name) = &self.name {
            let lock = fs::read_to_string(root().join("Cargo.lock"))?;
            check(name, &lock)?;
        }
        let going = Going::of(&self.without, services())?;
        let dirty = output(&mut command("git", &["status", "--porcelain"]))
            .context("git is needed, and a repository of it, so that this can be undone")?;
        ensure!(
            self.dry_run || dirty.is_empty(),
            "there are changes that are not committed: commit them first, so that `git checkout` can undo this"
        );
        let before = Tree::of(root())?;
        let after = match self.without.is_empty() {
            true => before.clone(),
            false => prune::prune(&before, &going)?,
        };
        let gone: Vec<&String> = before.paths().filter(|file| !after.has(file)).collect();
        let mut changes = Vec::new();
        for (file, text) in &after.files {
            let name = self
                .name
                .as_deref()
                .filter(|_| !KEPT.contains(&file.as_str()));
            let change = change(file, text, name.unwrap_or(NAME));
            let is_same = before.files.get(file) == Some(text);
            changes.extend(change.or_else(|| {
                (!is_same).then(|| Change {
                    from: file.clone(),
                    to: file.clone(),
                    text: text.clone(),
                })
            }));
        }
        for file in &gone {
            println!("- {file}");
        }
        for change in &changes {
            println!("{}", change.to);
        }
        println!(
            "{} files, {} of them taken away",
            changes.len() + gone.len(),
            gone.len()
        );
        if self.dry_run {
            return Ok(());
        }
        needs_rustfmt()?;
        crate::needs::node_packages()?;
        all_or_nothing(root(), || {
            for file in &gone {
                let path = root().join(file);
                fs::remove_file(&path).with_context(|| (*file).clone())?;
                remove_empty(&path);
            }
            for change in &changes {
                write(change).with_context(|| change.to.clone())?;
            }
            run(&mut cargo(&["fmt", "--all"]))?;
            // A name that sorts elsewhere changes the order of imports there, too.
            let people = changes.iter().map(|change| change.to.as_str());
            let people = people.filter(|file| file.starts_with(PEOPLE) && file.ends_with(".rs"));
            let people: Vec<_> = people.collect();
            if !people.is_empty() {
                run(command("rustfmt", &["--edition", "2024"]).args(people))?;
            }
            if !going.services.is_empty() {
                dead::without_dead_code()?;
            }
            written_anew()
        })?;
        if let Some(name) = &self.name {
            println!("\nThis is {name} now. docs/screenshot.png shows the old name.");
        }
        for part in going.parts.iter().filter(|part| !part.left.is_empty()) {
            println!("\n{}", part.left);
        }
        println!("\n`cargo xtask test` tests it, `git diff` shows it.");
        Ok(())
    }
}

/// Whether a crate, a program, a cookie, a database and a namespace may be called this.
fn check(name: &str, lock: &str) -> anyhow::Result<()> {
    let small = |c: char| c.is_ascii_lowercase();
    let fits = name.starts_with(small)
        && name.len() <= 20
        && name.chars().all(|c| small(c) || c.is_ascii_digit());
    ensure!(
        fits,
        "{name:?} is no name: a small letter comes first, then up to 19 small letters and digits"
    );
    ensure!(name != NAME, "{name} is what it is called already");
    ensure!(
        !is_reserved(name),
        "{name} is a word of Rust, of SQL or of every service"
    );
    if lock.contains(&format!("\nname = \"{name}\"\n")) {
        bail!("there is a crate {name} already");
    }
    Ok(())
}

/// The file under its new name; none when nothing changes.
fn change(file: &str, text: &str, name: &str) -> Option<Change> {
    let change = Change {
        from: file.to_owned(),
        to: renamed(file, name),
        text: renamed(text, name),
    };
    (change.to != file || change.text != text).then_some(change)
}

/// The text with the name replaced as it is written: `terrace`, `Terrace`, `TERRACE`. Words that only begin so, as
/// `terraced`, stay.
pub(crate) fn renamed(text: &str, name: &str) -> String {
    let forms = |name: &str| [name.to_owned(), title(name), name.to_uppercase()];
    let mut text = text.to_owned();
    for (old, new) in forms(NAME).iter().zip(&forms(name)) {
        text = replaced(&text, old, new);
    }
    text
}

fn title(name: &str) -> String {
    let (first, rest) = name.split_at(1);
    first.to_uppercase() + rest
}

fn replaced(text: &str, old: &str, new: &str) -> String {
    // A letter of the same case goes on with the word.
    let of_the_word = |like: Option<char>, c: Option<char>| match (like, c) {
        (Some(like), Some(c)) if like.is_ascii_lowercase() => c.is_ascii_lowercase(),
        (Some(_), Some(c)) => c.is_ascii_uppercase(),
        _ => false,
    };
    let mut made = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(old) {
        let after = &rest[at + old.len()..];
        let before = rest[..at].chars().next_back().or(made.chars().next_back());
        let within = of_the_word(old.chars().next(), before)
            || of_the_word(old.chars().next_back(), after.chars().next());
        made.push_str(&rest[..at]);
        made.push_str(if within { old } else { new });
        rest = after;
    }
    made + rest
}

fn write(change: &Change) -> anyhow::Result<()> {
    let (from, to) = (root().join(&change.from), root().join(&change.to));
    fs::create_dir_all(to.parent().context("a file is in a folder")?)?;
    fs::write(&to, &change.text)?;
    if from != to && from.exists() {
        fs::set_permissions(&to, fs::metadata(&from)?.permissions())?;
        fs::remove_file(&from)?;
        remove_empty(&from);
    }
    Ok(())
}

/// Folders that have nothing any more.
fn remove_empty(file: &Path) {
    for folder in file.ancestors().skip(1) {
        if fs::remove_dir(folder).is_err() {
            return;
        }
    }
}

/// Other words have other places in what is sorted, and lines another length.
fn written_anew() -> anyhow::Result<()> {
    // This program is the old one: a new one says what the new code says.
    run(&mut cargo(&["xtask", "openapi"]))?;
    run(&mut npm(&["run", "--silent", "format"]))
}
