//! Files and folders for whoever runs the shop, and for nobody else on the machine: they hold names,
//! addresses and secrets. One that others could read is closed to them.

use std::{
    fs,
    io::{self, Write},
    path::Path,
};

/// Makes the folder where it is missing.
pub fn folder(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)?;
    close(path)
}

/// Makes the file, empty, where it is missing: before anything is in it that others could read.
pub fn file(path: &Path) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)?;
    close(path)
}

/// Puts the text into the file in place of what is there.
pub fn write(path: &Path, text: &str) -> io::Result<()> {
    // Written beside and renamed, so that a crash leaves all of it or nothing.
    let beside = path.with_added_extension("new");
    let mut options = fs::OpenOptions::new();
    options.create(true).write(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&beside)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(beside, path)
}

/// Closes what is there to everybody but its owner. What belongs to somebody else, such as a volume
/// that a cluster has mounted for this process's group, stays as it is.
#[cfg(unix)]
pub fn close(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;

    let mut permissions = fs::metadata(path)?.permissions();
    let mode = permissions.mode();
    if mode & 0o077 == 0 {
        return Ok(());
    }
    permissions.set_mode(mode & 0o700);
    match fs::set_permissions(path, permissions) {
        Err(fault) if fault.kind() == io::ErrorKind::PermissionDenied => Ok(()),
        closed => closed,
    }
}

/// Where files have no mode there is nothing to close.
#[cfg(not(unix))]
pub fn close(_path: &Path) -> io::Result<()> {
    Ok(())
}
