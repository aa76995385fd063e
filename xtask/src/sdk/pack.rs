//! A client as one file, `target/sdk/terrace-<language>-<version>.zip`: what the edge gives away. The same client makes the
//! same bytes.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::Write,
    path::{Path, PathBuf},
};

use zip::{DateTime, ZipWriter, write::SimpleFileOptions};

/// Folders of what is built from a client, and is no part of it.
const BUILT: [&str; 4] = ["build", "node_modules", "run", "target"];

/// What shows that a client works, by the name of its file or folder, in any case: it is for our tests.
const STORY: &str = "scenario";

/// Packs what is in the client's folder, in place of earlier versions; where it is then.
pub(super) fn pack(language: &str, version: &str, folder: &Path) -> anyhow::Result<PathBuf> {
    let beside = folder.with_file_name("");
    let prefix = format!("terrace-{language}-");
    for entry in fs::read_dir(&beside)? {
        let name = entry?.file_name();
        let name = name.to_string_lossy();
        if name.starts_with(&prefix) && name.ends_with(".zip") {
            fs::remove_file(beside.join(&*name))?;
        }
    }
    let file = beside.join(format!("{prefix}{version}.zip"));
    let mut archive = ZipWriter::new(File::create(&file)?);
    let options = SimpleFileOptions::default()
        .last_modified_time(DateTime::default())
        .unix_permissions(0o644);
    let is_story = |part: &str| {
        let stem = part.split('.').next().unwrap_or_default();
        stem.eq_ignore_ascii_case(STORY)
    };
    for (path, bytes) in files(folder)? {
        if path.split('/').any(is_story) {
            continue;
        }
        archive.start_file(format!("terrace-{language}/{path}"), options)?;
        archive.write_all(&bytes)?;
    }
    archive.finish()?;
    Ok(file)
}

/// What is in the client's folder, by path.
pub(super) fn files(folder: &Path) -> anyhow::Result<BTreeMap<String, Vec<u8>>> {
    let mut names = Vec::new();
    list(folder, Path::new(""), &mut names)?;
    let read = |name: String| Ok((name.clone(), fs::read(folder.join(name))?));
    names.into_iter().map(read).collect()
}

/// The files below `at`, as they are called in the client's folder.
fn list(folder: &Path, at: &Path, found: &mut Vec<String>) -> anyhow::Result<()> {
    for entry in fs::read_dir(folder.join(at))? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = at.join(&name);
        if !entry.file_type()?.is_dir() {
            // Archives have slashes everywhere.
            let parts: Vec<_> = path.iter().map(|part| part.to_string_lossy()).collect();
            found.push(parts.join("/"));
        } else if !BUILT.contains(&&*name) && !name.starts_with('.') {
            list(folder, &path, found)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_client_makes_the_same_bytes_in_place_of_an_earlier_version() {
        let there = tempfile::tempdir().unwrap();
        let folder = there.path().join("go");
        for (file, text) in [
            ("b.go", "b"),
            ("a/a.go", "a"),
            ("target/a", "no part"),
            ("scenario/main.go", "no part"),
            ("Scenario.go", "no part"),
        ] {
            let file = folder.join(file);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, text).unwrap();
        }

        let first = pack("go", "1.0.0", &folder).unwrap();
        let bytes = fs::read(&first).unwrap();
        fs::write(folder.join("b.go"), "b").unwrap();
        let second = pack("go", "2.0.0", &folder).unwrap();

        assert_eq!(second.file_name().unwrap(), "terrace-go-2.0.0.zip");
        assert_eq!(fs::read(second).unwrap(), bytes);
        assert!(!first.exists());
        let archive = zip::ZipArchive::new(std::io::Cursor::new(bytes)).unwrap();
        let names: Vec<_> = archive.file_names().collect::<Result<_, _>>().unwrap();
        assert_eq!(names, ["terrace-go/a/a.go", "terrace-go/b.go"]);
    }
}
