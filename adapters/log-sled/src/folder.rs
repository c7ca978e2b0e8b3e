//! The folder of a log: which files it holds, who has it open, and how it was left.

use crate::closed;
use crate::copy;
use crate::store::system;
use engine::log::Fault;
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

/// What FORMAT says.
const FORMAT: &str = "interspace log-sled 1\n";

/// What a copy says of itself.
const COPY: &str = "\
     A copy of a log, for reading. It never grows: a space that went on from an old copy\n\
     would tell its peers two stories.\n";

/// Names in the folder. Persisted; never change.
const FORMAT_FILE: &str = "FORMAT";
const LOCK_FILE: &str = "lock";
const FENCE_FILE: &str = "fence";
const SLED_FOLDER: &str = "sled";
/// There while the log is open.
const RUNNING_FILE: &str = "running";
/// [`RUNNING_FILE`] under another name: the copy was made, and no start has succeeded since. It
/// keeps a second attempt from copying what the first one rewrote.
const RECOVERING_FILE: &str = "recovering";
/// What sled's files were when the log was closed; not there while it is open.
const CLOSED_FILE: &str = "closed";
const BEFORE_RECOVERY_FOLDER: &str = "before-recovery";
/// There in a copy.
const COPY_FILE: &str = "COPY";

/// A folder that is ours alone until this is dropped.
#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
    /// A lock on the file; it goes with the process, however that ends.
    lock: File,
}

impl Folder {
    /// Takes the folder of a log or of a copy of one.
    pub(crate) fn take(path: &Path) -> Result<Self, Fault> {
        check_format(path)?;
        let doing = "taking the lock";
        let lock =
            File::options().create(true).truncate(false).write(true).open(path.join(LOCK_FILE));
        let lock = lock.map_err(|error| system(doing, &error))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { path: path.to_owned(), lock }),
            Err(TryLockError::WouldBlock) => {
                Err(Fault::Locked { folder: path.display().to_string() })
            }
            Err(TryLockError::Error(error)) => Err(system(doing, &error)),
        }
    }

    /// Makes `path` the folder of a log, as the last step of its making.
    pub(crate) fn finish(path: &Path) -> io::Result<()> {
        fs::write(path.join(FORMAT_FILE), FORMAT)?;
        copy::sync(path)
    }

    /// Makes `into`, a new folder, a copy of this log.
    pub(crate) fn copy_into(&self, into: &Path) -> io::Result<()> {
        copy::create_private(into)?;
        copy::tree(&self.sled(), &into.join(SLED_FOLDER))?;
        match fs::copy(self.fence(), into.join(FENCE_FILE)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        fs::write(into.join(COPY_FILE), COPY)?;
        Self::finish(into)
    }

    /// Whether this is a copy.
    pub(crate) fn is_copy(&self) -> bool {
        self.path.join(COPY_FILE).exists()
    }

    /// The folder of the database.
    pub(crate) fn sled(&self) -> PathBuf {
        sled(&self.path)
    }

    /// The file of the fence.
    pub(crate) fn fence(&self) -> PathBuf {
        fence(&self.path)
    }

    /// Renames sled's snapshots, so that it does without; says how many there were.
    pub(crate) fn set_snapshots_aside(&self) -> io::Result<usize> {
        let mut count = 0;
        for item in fs::read_dir(self.sled())? {
            let item = item?;
            if let Some(name) = item.file_name().to_str().filter(|name| name.starts_with("snap.")) {
                fs::rename(item.path(), self.sled().join(format!("aside.{name}")))?;
                count += 1;
            }
        }
        Ok(count)
    }

    /// After an unclean stop, and when sled's files are not what they were when the log was closed,
    /// copies everything before sled opens and rewrites it. Says whether the copy is of what is
    /// there now.
    pub(crate) fn copy_unless_intact(&self) -> Result<bool, Fault> {
        let doing = "looking how the log was closed";
        let recovering = self.path.join(RECOVERING_FILE).exists();
        let unclean = recovering || self.path.join(RUNNING_FILE).exists();
        let intact = closed::holds(&self.path.join(CLOSED_FILE), &self.sled());
        if !unclean && intact.map_err(|error| system(doing, &error))? {
            return Ok(false);
        }
        self.copy_before_recovery()?;
        let kept = sled(&self.path.join(BEFORE_RECOVERY_FOLDER));
        let same = || Ok(!recovering || closed::digest(&self.sled())? == closed::digest(&kept)?);
        same().map_err(|error: io::Error| system(doing, &error))
    }

    /// Puts sled's files back as they are in the copy.
    pub(crate) fn put_back(&self) -> io::Result<()> {
        let new = self.sled().with_extension("new");
        copy::remove(&new)?;
        copy::tree(&sled(&self.path.join(BEFORE_RECOVERY_FOLDER)), &new)?;
        copy::sync(&new)?;
        copy::remove(&self.sled())?;
        fs::rename(&new, self.sled())?;
        copy::sync_folder(&self.path)
    }

    /// The same, however the last stop was; but not when a start after the last copy failed, for
    /// then the copy is closer to what was there. An older copy goes once the new one is complete.
    pub(crate) fn copy_before_recovery(&self) -> Result<(), Fault> {
        let (running, recovering) = (self.path.join(RUNNING_FILE), self.path.join(RECOVERING_FILE));
        if recovering.exists() {
            return Ok(());
        }
        let copied = (|| {
            let kept = self.path.join(BEFORE_RECOVERY_FOLDER);
            let new = kept.with_extension("new");
            copy::remove(&new)?;
            self.copy_into(&new)?;
            copy::remove(&kept)?;
            fs::rename(&new, &kept)?;
            if running.exists() {
                fs::rename(running, recovering)?;
            } else {
                File::create(recovering)?.sync_all()?;
            }
            copy::sync_folder(&self.path)
        })();
        copied.map_err(|error| system("copying the log before its recovery", &error))
    }

    /// The log is open from now on.
    pub(crate) fn mark_running(&self) -> Result<(), Fault> {
        let (running, recovering) = (self.path.join(RUNNING_FILE), self.path.join(RECOVERING_FILE));
        let marked = (|| {
            if recovering.exists() {
                fs::rename(recovering, running)?;
            } else {
                File::create(running)?.sync_all()?;
            }
            closed::forget(&self.path.join(CLOSED_FILE))?;
            copy::sync_folder(&self.path)
        })();
        marked.map_err(|error| system("opening the log", &error))
    }

    /// The log was closed, and all of it is durable.
    pub(crate) fn mark_closed(&self) -> Result<(), Fault> {
        let noted = closed::write(&self.path.join(CLOSED_FILE), &self.sled());
        let removed = noted.and_then(|()| fs::remove_file(self.path.join(RUNNING_FILE)));
        removed.map_err(|error| system("closing the log", &error))
    }

    /// A complaint about what the folder holds.
    pub(crate) fn format_fault(&self, why: impl Into<String>) -> Fault {
        format_fault(&self.path, why)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // Closing the descriptor is not enough: a process that is being started elsewhere holds a
        // copy of it until it begins.
        let _ = self.lock.unlock();
    }
}

/// The folder of the database in `path`.
pub(crate) fn sled(path: &Path) -> PathBuf {
    path.join(SLED_FOLDER)
}

/// The file of the fence in `path`.
pub(crate) fn fence(path: &Path) -> PathBuf {
    path.join(FENCE_FILE)
}

/// A complaint about what `path` holds.
pub(crate) fn format_fault(path: &Path, why: impl Into<String>) -> Fault {
    Fault::Format { folder: path.display().to_string(), why: why.into() }
}

fn check_format(path: &Path) -> Result<(), Fault> {
    match fs::read(path.join(FORMAT_FILE)) {
        Ok(found) if found == FORMAT.as_bytes() => Ok(()),
        Ok(found) => {
            let found = String::from_utf8_lossy(&found[..found.len().min(64)]).into_owned();
            Err(format_fault(path, format!("its file FORMAT says {found:?}")))
        }
        Err(error)
            if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) =>
        {
            Err(format_fault(path, "there is no file FORMAT in it"))
        }
        Err(error) => Err(system("opening the log", &error)),
    }
}
