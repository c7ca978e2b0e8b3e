//! The folder of a store: its names, its lock, and how a file in it becomes an object.

use engine::log::Fault;
use schema::id::ObjectId;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// Who may do what with a file while it is written; never more than this, never execute.
const MODE: u32 = 0o644;

const PARTIAL: &str = "part";
const INCOMING: &str = "new";

/// What an error of the file system means for us: no room is told apart from all the rest, because
/// a person can mend it and nothing is broken.
pub(crate) fn fault(doing: &'static str, error: &io::Error) -> Fault {
    if matches!(error.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded) {
        return Fault::Full { doing };
    }
    let why = error.to_string();
    Fault::Store { doing, why }
}

/// A folder that this process alone has open.
#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
    /// Kept open to make renames durable.
    handle: File,
    /// Held until the folder is closed or the process ends.
    lock: File,
    incoming_next: AtomicU64,
}

impl Folder {
    pub(crate) fn open(path: &Path) -> Result<Self, Fault> {
        let doing = "opening the folder of packages";
        let failed = |error: io::Error| fault(doing, &error);
        if !path.is_dir() {
            make_durable(path).map_err(failed)?;
        }
        let handle = File::open(path).map_err(failed)?;
        let lock = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(MODE)
            .open(path.join("lock"))
            .map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let folder = path.display().to_string();
                return Err(Fault::Locked { folder });
            }
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        Ok(Self { path: path.to_owned(), handle, lock, incoming_next: AtomicU64::new(0) })
    }

    /// Removes what a crash left that nobody can go on with.
    pub(crate) fn clean(&self) -> Result<(), Fault> {
        let failed = |error: io::Error| fault("cleaning the folder of packages", &error);
        for found in fs::read_dir(&self.path).map_err(failed)? {
            let path = found.map_err(failed)?.path();
            let stale = match path.extension().and_then(|e| e.to_str()) {
                Some(INCOMING) => true,
                Some(PARTIAL) => self.length(&path.with_extension("")).is_some(),
                Some(_) | None => false,
            };
            if stale {
                fs::remove_file(&path).map_err(failed)?;
            }
        }
        Ok(())
    }

    /// The name of a complete object.
    pub(crate) fn object(&self, object: &ObjectId) -> PathBuf {
        self.path.join(object.to_string())
    }

    /// The name of an object whose pieces are still coming.
    pub(crate) fn partial(&self, object: &ObjectId) -> PathBuf {
        self.object(object).with_extension(PARTIAL)
    }

    /// The name of the last object that had the wrong hash.
    pub(crate) fn refused(&self) -> PathBuf {
        self.path.join("refused")
    }

    /// The length of a file in bytes; none where there is no file, and links are not followed.
    /// Where the file system cannot tell, none too: whoever then tries to write hears why.
    pub(crate) fn length(&self, path: &Path) -> Option<u64> {
        let metadata = fs::symlink_metadata(path).ok()?;
        metadata.is_file().then_some(metadata.len())
    }

    /// A new file for a push, gone again unless it is kept.
    pub(crate) fn incoming(&self) -> Result<Incoming<'_>, Fault> {
        let number = self.incoming_next.fetch_add(1, Ordering::Relaxed);
        let path = self.path.join(format!("{number}.{INCOMING}"));
        let file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(MODE)
            .open(&path)
            .map_err(|e| fault("storing a package", &e))?;
        Ok(Incoming { folder: self, path, file })
    }

    /// The partial file of an object, made if it is missing.
    pub(crate) fn open_partial(&self, object: &ObjectId) -> io::Result<File> {
        OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(MODE)
            .open(self.partial(object))
    }

    /// Makes the file at `from` the object, durably: first its bytes, then its name. An object
    /// that is already there is replaced by the same bytes, which mends one that the disk damaged.
    pub(crate) fn keep(&self, file: &File, from: &Path, object: &ObjectId) -> io::Result<()> {
        let mut permissions = file.metadata()?.permissions();
        permissions.set_readonly(true);
        file.set_permissions(permissions)?;
        file.sync_data()?;
        fs::rename(from, self.object(object))?;
        self.handle.sync_all()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // Closing alone would not do while a process that is just being started still has a copy
        // of the open file. If it fails, closing has to do.
        let _ = self.lock.unlock();
    }
}

/// Makes a folder, and makes its name durable.
fn make_durable(path: &Path) -> io::Result<()> {
    fs::create_dir_all(path)?;
    let parent = fs::canonicalize(path)?;
    parent.parent().map_or(Ok(()), |p| File::open(p)?.sync_all())
}

/// A file that is being written and has no hash yet.
#[derive(Debug)]
pub(crate) struct Incoming<'a> {
    folder: &'a Folder,
    path: PathBuf,
    pub(crate) file: File,
}

impl Incoming<'_> {
    /// Makes it the object whose hash it has.
    pub(crate) fn keep(&self, object: &ObjectId) -> io::Result<()> {
        self.folder.keep(&self.file, &self.path, object)
    }
}

impl Drop for Incoming<'_> {
    fn drop(&mut self) {
        // Once kept it is no longer there under this name. What cannot be removed now is removed
        // at the next opening.
        let _ = fs::remove_file(&self.path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_without_room_is_told_apart_from_a_broken_one() {
        for kind in [ErrorKind::StorageFull, ErrorKind::QuotaExceeded] {
            let told = fault("storing a package", &io::Error::from(kind));
            let doing = "storing a package";
            assert_eq!(told, Fault::Full { doing });
        }
        let told = fault("storing a package", &io::Error::other("sector 7"));
        assert_eq!(told.to_string(), "storing a package failed: sector 7");
    }
}
