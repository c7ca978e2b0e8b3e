//! What can go wrong with files and folders of our own.

use schema::bytes::Malformed;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use thiserror::Error;

/// Our own world broke, or was asked for what it cannot do. An export that meets one leaves no part
/// behind.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Fault {
    /// There is no such folder. It is never made: where a medium should be, but is not, the export
    /// would go to the disk of the machine.
    #[error("there is no folder {}", .path.display())]
    NoFolder {
        /// What should be a folder.
        path: PathBuf,
    },
    /// There is nothing of this name.
    #[error("there is no {}", .path.display())]
    Absent {
        /// What is not there.
        path: PathBuf,
    },
    /// The medium, or the file system on it, has no room for more.
    #[error("{} takes no more: {why}", .path.display())]
    Full {
        /// What was being written.
        path: PathBuf,
        /// What the system said.
        why: String,
    },
    /// The system failed.
    #[error("{doing} {} failed: {why}", .path.display())]
    Failed {
        /// What was being done.
        doing: &'static str,
        /// With what.
        path: PathBuf,
        /// What the system said.
        why: String,
    },
    /// Something of this name is there already.
    #[error("{} is there already", .path.display())]
    Occupied {
        /// What would have been overwritten.
        path: PathBuf,
    },
    /// An envelope does not fit on a medium, even alone.
    #[error("a medium of {bytes_max} bytes is too small: an envelope needs {bytes_min}")]
    MediumTooSmall {
        /// The size that was asked for, in bytes.
        bytes_max: u64,
        /// The least that would do for this envelope, in bytes.
        bytes_min: u64,
    },
    /// What should be exported is no envelope.
    #[error("what should be exported is no envelope: {0}")]
    NoEnvelope(Malformed),
    /// What should be exported is an envelope between other spaces.
    #[error("what should be exported is not from and to the spaces of the export")]
    Misaddressed,
    /// The export met a fault before and is gone.
    #[error("the export was ended by an earlier failure")]
    Ended,
}

impl Fault {
    /// What an error of the file system means for us: no room is told apart from all the rest,
    /// because a person can mend it and nothing is broken.
    pub(crate) fn io(doing: &'static str, path: &Path, error: &io::Error) -> Self {
        let (path, why) = (path.to_owned(), error.to_string());
        let no_room = [ErrorKind::StorageFull, ErrorKind::QuotaExceeded, ErrorKind::FileTooLarge];
        if no_room.contains(&error.kind()) {
            return Self::Full { path, why };
        }
        if error.kind() == ErrorKind::AlreadyExists {
            return Self::Occupied { path };
        }
        Self::Failed { doing, path, why }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    #[test]
    fn a_medium_without_room_is_told_apart_from_a_broken_one() {
        let mut full = std::fs::OpenOptions::new()
            .write(true)
            .open("/dev/full")
            .expect("Linux has a disk that is always full");
        let error = full.write_all(b"a part").unwrap_err();
        let path = Path::new("/media/stick");
        let fault = Fault::io("writing", path, &error);
        assert!(matches!(fault, Fault::Full { .. }), "{fault}");
        let fault = Fault::io("writing", path, &io::Error::other("sector 7"));
        assert_eq!(fault.to_string(), "writing /media/stick failed: sector 7");
    }
}
