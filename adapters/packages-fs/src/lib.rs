//! Keeps packages in a folder, by their hash.
//!
//! An object is a file whose name is its id, so that what is stored says by itself whether it is
//! right. Objects come in whole ([`Packages::push`], from a person) or piece by piece
//! ([`Packages::append`], from a peer), and become visible in one step, when all of their bytes
//! are there and durable. Nothing here holds more than one piece in memory.
//!
//! ```text
//! <base32>         an object: complete, durable, read-only
//! <base32>.part    the beginning of an object whose pieces are still coming
//! <number>.new     a push under way; whatever an earlier crash left is removed at opening
//! refused          the last whole object that did not have the hash that it was asked for by
//! lock             held by the process that has the folder open
//! ```
//!
//! Every call works on files and may take as long as the disk does, and the last piece of an
//! object as long as reading it all: call from a thread that may block.

mod folder;
mod partial;
mod push;

pub use partial::Progress;
pub use push::{NotStored, Stored};

use engine::log::Fault;
use folder::Folder;
use schema::id::ObjectId;
use schema::limits::PIECE_BYTES_MAX;
use std::fs::File;
use std::io::ErrorKind;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The length of a piece, as lengths of files are counted.
const PIECE: u64 = PIECE_BYTES_MAX as u64;

/// Locks over partial objects; objects share them by the first byte of their id.
const STRIPES: usize = 16;

/// The packages of one space, in one folder. It may be shared between threads.
#[derive(Debug)]
pub struct Packages {
    folder: Folder,
    /// Pieces of one object are written one at a time, those of different objects mostly at once.
    stripes: [Mutex<()>; STRIPES],
}

impl Packages {
    /// Opens the store in `folder`, which is made if it is missing, and removes what pushes that
    /// were cut short left there. Partial objects stay, to be gone on with.
    ///
    /// # Errors
    /// When the folder cannot be made or read, or another process has it open.
    pub fn open(folder: &Path) -> Result<Self, Fault> {
        let folder = Folder::open(folder)?;
        folder.clean()?;
        let stripes = std::array::from_fn(|_| Mutex::new(()));
        Ok(Self { folder, stripes })
    }

    /// Where a complete object is, for whoever reads it as a file; none when it is not held.
    #[must_use]
    pub fn path(&self, object: &ObjectId) -> Option<PathBuf> {
        let path = self.folder.object(object);
        self.folder.length(&path).map(|_| path)
    }

    /// Whether an object is held, complete.
    #[must_use]
    pub fn has(&self, object: &ObjectId) -> bool {
        self.size(object).is_some()
    }

    /// The size of a complete object, in bytes; none when it is not held.
    #[must_use]
    pub fn size(&self, object: &ObjectId) -> Option<u64> {
        self.folder.length(&self.folder.object(object))
    }

    /// The size of a complete object and its piece at `offset`: [`PIECE_BYTES_MAX`] bytes, fewer
    /// only at the end. None when the object is not held or no piece begins there.
    ///
    /// The bytes are as the disk gives them; whoever receives them checks the whole object.
    ///
    /// # Errors
    /// When the object is there and cannot be read.
    pub fn read_piece(
        &self,
        object: &ObjectId,
        offset: u64,
    ) -> Result<Option<(u64, Vec<u8>)>, Fault> {
        let doing = "reading a package";
        let Some(path) = self.path(object) else {
            return Ok(None);
        };
        let file = match File::open(path) {
            Ok(file) => file,
            Err(gone) if gone.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(folder::fault(doing, &error)),
        };
        let metadata = file.metadata().map_err(|e| folder::fault(doing, &e))?;
        let total = metadata.len();
        if !offset.is_multiple_of(PIECE) || offset > total || (offset == total && total > 0) {
            return Ok(None);
        }
        let length = usize::try_from((total - offset).min(PIECE)).unwrap_or(PIECE_BYTES_MAX);
        let mut bytes = vec![0; length];
        file.read_exact_at(&mut bytes, offset).map_err(|e| folder::fault(doing, &e))?;
        Ok(Some((total, bytes)))
    }

    /// Keeps others from writing to the same partial object.
    fn alone(&self, object: &ObjectId) -> MutexGuard<'_, ()> {
        let stripe = &self.stripes[usize::from(object.0[0]) % STRIPES];
        // The lock guards files, not memory: whoever panicked left them as a crash would.
        stripe.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
