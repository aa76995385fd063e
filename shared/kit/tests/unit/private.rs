//! Who may read what the shop keeps.

#![cfg(unix)]

use std::{
    fs,
    os::unix::fs::{DirBuilderExt, PermissionsExt},
    path::Path,
};

use kit::{private, store::Sqlite};

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn open_to_all(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn a_folder_is_made_for_its_owner_and_an_open_one_is_closed() {
    let dir = tempfile::tempdir().unwrap();
    let (new, old) = (dir.path().join("a/new"), dir.path().join("old"));
    fs::DirBuilder::new().mode(0o755).create(&old).unwrap();
    open_to_all(&old, 0o755);

    for folder in [&new, &old] {
        private::folder(folder).unwrap();
        assert_eq!(mode(folder), 0o700);
    }
}

#[tokio::test]
async fn a_database_is_for_its_owner_alone_and_an_open_one_is_closed() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("notes.db");
    let files = ["notes.db", "notes.db-wal", "notes.db-shm"].map(|name| dir.path().join(name));

    for _ in 0..2 {
        let store = Sqlite::open(&path, &[]).unwrap();
        store.ping().await.unwrap();
        for file in &files {
            assert_eq!(mode(file), 0o600, "{}", file.display());
            // As an earlier version left them.
            open_to_all(file, 0o644);
        }
    }
}
