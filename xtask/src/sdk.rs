//! `cargo xtask sdk [language…]`: clients of the API, from its document alone, in `target/sdk/`. What a generator makes of the
//! document is not committed; what we write ourselves is in `xtask/sdk/<language>/`: it signs in and signs, repeats, follows.

pub(crate) mod breaking;
mod document;
pub(crate) mod faults;
mod go;
mod java;
mod kotlin;
mod pack;
mod python;
mod readme;
mod rust;
mod schema;
mod swift;
pub(crate) mod test;
pub(crate) mod typescript;

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};

use crate::{
    needs::{GOFMT, NODE, PYTHON, RUSTFMT, tool::Tool},
    run::root,
};
use document::Document;

/// A language, what makes a client in it: in this folder, which has the files of ours; and what that is made with.
type Language = (
    &'static str,
    fn(&Document, &Path) -> anyhow::Result<()>,
    Option<Tool<'static>>,
);

const LANGUAGES: &[Language] = &[
    ("typescript", typescript::generate, Some(NODE)),
    ("python", python::generate, Some(PYTHON)),
    ("rust", rust::generate, Some(RUSTFMT)),
    ("go", go::generate, Some(GOFMT)),
    ("java", java::generate, None),
    ("kotlin", kotlin::generate, None),
    ("swift", swift::generate, None),
];

/// What the languages are called.
pub(crate) fn languages() -> Vec<&'static str> {
    LANGUAGES.iter().map(|(name, ..)| *name).collect()
}

/// Makes the clients of these languages; when none is named, of all whose tools the machine has.
pub(crate) fn sdk(names: &[String]) -> anyhow::Result<()> {
    let known = languages();
    if let Some(unknown) = names.iter().find(|name| !known.contains(&name.as_str())) {
        bail!("{unknown:?} is no language; known: {}", known.join(", "));
    }
    let is_chosen = |name: &str| names.is_empty() || names.iter().any(|it| it == name);
    let chosen = LANGUAGES.iter().filter(|(name, ..)| is_chosen(name));
    let mut possible = Vec::new();
    let mut missing = String::new();
    // One that is named and cannot be made is refused before another is made.
    for (name, generate, tool) in chosen {
        match tool.as_ref().map(Tool::get).transpose() {
            Ok(_) => possible.push((name, generate)),
            Err(fault) if names.is_empty() => missing += &format!("  {name}: {fault}\n"),
            Err(fault) => return Err(fault.context(format!("the client in {name}"))),
        }
    }
    let document = Document::read()?;
    for (name, generate) in possible {
        let made = make(name, *generate, &document);
        let folder = made.with_context(|| format!("the client in {name}"))?;
        let archive = pack::pack(name, document.version(), &folder)?;
        println!("{}\n{}", folder.display(), archive.display());
    }
    if !missing.is_empty() {
        println!("\nNot made, for want of tools:\n{missing}");
    }
    Ok(())
}

/// Where the client of a language is, once it is made.
fn folder(language: &str) -> PathBuf {
    root().join("target/sdk").join(language)
}

/// Where Cargo keeps what it builds of the client in Rust, and of those who use it: what others wrote is compiled once.
pub(crate) fn built() -> PathBuf {
    root().join("target/sdk-build")
}

fn make(
    language: &str,
    generate: fn(&Document, &Path) -> anyhow::Result<()>,
    document: &Document,
) -> anyhow::Result<PathBuf> {
    let folder = folder(language);
    // The one before stays until this one is whole.
    let new = folder.with_extension("new");
    remove(&new)?;
    copy(
        &root().join("xtask/sdk").join(language),
        &new,
        document.version(),
    )?;
    generate(document, &new)?;
    readme::complete(language, &new)?;
    // One that is as before keeps its times: who builds with it has nothing to build anew.
    if folder.is_dir() && pack::files(&folder)? == pack::files(&new)? {
        remove(&new)?;
        return Ok(folder);
    }
    remove(&folder)?;
    fs::rename(new, &folder)?;
    Ok(folder)
}

fn remove(folder: &Path) -> anyhow::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(fault) if fault.kind() != std::io::ErrorKind::NotFound => Err(fault.into()),
        _ => Ok(()),
    }
}

/// Copies a folder, with the version in place of its name.
fn copy(from: &Path, to: &Path, version: &str) -> anyhow::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if entry.file_type()?.is_dir() {
            copy(&from, &to, version)?;
            continue;
        }
        let text = fs::read_to_string(&from).with_context(|| from.display().to_string())?;
        fs::write(to, text.replace("{{version}}", version))?;
    }
    Ok(())
}
