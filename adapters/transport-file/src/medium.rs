//! Where the next part goes: into the folder itself, or into one folder for each medium.

use crate::MEDIUM;
use crate::fault::Fault;
use schema::limits::PART_BYTES_MAX;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

/// The media of one export.
#[derive(Debug)]
pub(crate) struct Media {
    folder: PathBuf,
    bytes_max: Option<u64>,
    /// The number of the medium in use; 0 before the first.
    pub(crate) number: u32,
    /// What the medium in use still takes.
    room: u64,
    /// Folders that were not there before.
    made: Vec<PathBuf>,
}

impl Media {
    pub(crate) fn new(folder: &Path, bytes_max: Option<u64>) -> Self {
        Self { folder: folder.to_owned(), bytes_max, number: 0, room: 0, made: Vec::new() }
    }

    /// The folder in which all of them are.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// A folder that takes a part of at least `least` bytes, and how much it takes. Folders are
    /// filled in order, and what they hold already counts: a folder goes onto one medium as it is.
    pub(crate) fn place(&mut self, least: u64) -> Result<(PathBuf, u64), Fault> {
        let Some(bytes_max) = self.bytes_max else {
            return Ok((self.folder.clone(), PART_BYTES_MAX as u64));
        };
        if least > bytes_max {
            return Err(Fault::MediumTooSmall { bytes_max, bytes_min: least });
        }
        while self.number == 0 || self.room < least {
            self.number += 1;
            let path = self.current();
            self.make(&path)?;
            self.room = bytes_max.saturating_sub(used(&path)?);
        }
        Ok((self.current(), self.room))
    }

    /// A part of so many bytes was put into the medium in use.
    pub(crate) const fn took(&mut self, bytes: u64) {
        self.room = self.room.saturating_sub(bytes);
    }

    fn current(&self) -> PathBuf {
        self.folder.join(format!("{MEDIUM}{}", self.number))
    }

    /// Makes a folder; one that is there already is used, unless it is a link to elsewhere.
    fn make(&mut self, path: &Path) -> Result<(), Fault> {
        match fs::create_dir(path) {
            Ok(()) => self.made.push(path.to_owned()),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                let metadata = fs::symlink_metadata(path);
                let metadata = metadata.map_err(|e| Fault::io("looking at", path, &e))?;
                if !metadata.is_dir() {
                    return Err(Fault::Occupied { path: path.to_owned() });
                }
            }
            Err(error) => return Err(Fault::io("making the folder", path, &error)),
        }
        Ok(())
    }

    /// Removes the folders that were made; one in which something lies stays.
    pub(crate) fn undo(&mut self) {
        for path in self.made.drain(..) {
            let _ = fs::remove_dir(path);
        }
    }

    /// The folders that were made are to stay.
    pub(crate) fn keep(&mut self) {
        self.made.clear();
    }
}

/// Bytes of the files in a folder.
fn used(folder: &Path) -> Result<u64, Fault> {
    let failed = |error: io::Error| Fault::io("looking into", folder, &error);
    let mut bytes = 0;
    for found in fs::read_dir(folder).map_err(failed)? {
        // Links are not followed: what they lead to is not copied to a medium either.
        bytes += found.and_then(|found| found.metadata()).map_err(failed)?.len();
    }
    Ok(bytes)
}
