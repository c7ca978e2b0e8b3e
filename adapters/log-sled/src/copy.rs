//! Folders that are made, copied and removed, so that they survive the loss of power.

use std::fs::{self, DirBuilder, File};
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;

/// Makes a folder that only its owner can enter; entries are in the clear at rest.
pub(crate) fn create_private(path: &Path) -> io::Result<()> {
    DirBuilder::new().mode(0o700).create(path)
}

/// Copies a folder and what is in it into a new one.
pub(crate) fn tree(from: &Path, into: &Path) -> io::Result<()> {
    create_private(into)?;
    for item in fs::read_dir(from)? {
        let item = item?;
        let target = into.join(item.file_name());
        if item.file_type()?.is_dir() {
            tree(&item.path(), &target)?;
        } else {
            fs::copy(item.path(), target)?;
        }
    }
    Ok(())
}

/// Makes a folder durable with what is in it.
pub(crate) fn sync(path: &Path) -> io::Result<()> {
    for item in fs::read_dir(path)? {
        let item = item?;
        if item.file_type()?.is_dir() {
            sync(&item.path())?;
        } else {
            File::open(item.path())?.sync_all()?;
        }
    }
    sync_folder(path)
}

/// Makes the names in a folder durable.
pub(crate) fn sync_folder(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

/// Removes a folder if it is there.
pub(crate) fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
