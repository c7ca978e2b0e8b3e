//! Partial objects: pieces from a peer, put together in order, checked as a whole at the end.
//!
//! How far an object has come is the length of its partial file and is written nowhere else, so
//! that it cannot disagree with it. After a loss of power the file may hold less than it seems to;
//! the check of the whole finds that, and the object is asked for again from the beginning.

use crate::folder::fault;
use crate::{PIECE, Packages};
use engine::log::Fault;
use schema::id::ObjectId;
use schema::limits::OBJECT_BYTES_MAX;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt as _;

const DOING: &str = "storing a piece of a package";

/// How far an object has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Bytes held from the beginning on, without a gap; the next piece to ask for begins there.
    pub have: u64,
    /// The object is whole, checked and durable. Nothing but this says so: `have` alone never
    /// reaches the size of an object that was not checked.
    pub complete: bool,
    /// What was appended cannot be a part of this object, or made it whole with another hash. All
    /// of it is forgotten, and the next piece to ask for is the first.
    pub refused: bool,
}

impl Progress {
    const fn partial(have: u64) -> Self {
        Self { have, complete: false, refused: false }
    }

    const fn complete(size: u64) -> Self {
        Self { have: size, complete: true, refused: false }
    }

    const REFUSED: Self = Self { have: 0, complete: false, refused: true };
}

/// How much of a partial file counts: whole pieces, and never the last one, because appending that
/// is what checks the object.
const fn counted(length: u64, total: u64) -> u64 {
    let before_the_end = total.saturating_sub(1);
    let most = if length < before_the_end { length } else { before_the_end };
    most - most % PIECE
}

impl Packages {
    /// How far an object of `total` bytes has come; also after the process was started again.
    #[must_use]
    pub fn progress(&self, object: &ObjectId, total: u64) -> Progress {
        if let Some(size) = self.size(object) {
            return Progress::complete(size);
        }
        let length = self.folder.length(&self.folder.partial(object));
        Progress::partial(counted(length.unwrap_or(0), total))
    }

    /// Adds the piece at `offset` to an object of `total` bytes: the size that its release states,
    /// not one that a stranger claims. Only the next piece is taken, and only whole: any other
    /// changes nothing, and the answer says which one is due. The last piece has the whole object
    /// checked; if it is right, it is durable when this returns. If not, it is set aside, in the
    /// place of the one before it.
    ///
    /// # Errors
    /// When the store fails or is full. What was held before is still held, and the same piece may
    /// be given again; only if the object could not be made durable does it begin anew.
    pub fn append(
        &self,
        object: &ObjectId,
        total: u64,
        offset: u64,
        bytes: &[u8],
    ) -> Result<Progress, Fault> {
        if total > OBJECT_BYTES_MAX {
            return Ok(Progress::REFUSED);
        }
        let _alone = self.alone(object);
        let held = self.progress(object, total);
        let due = total.saturating_sub(held.have).min(PIECE);
        if held.complete || offset != held.have || bytes.len() as u64 != due {
            return Ok(held);
        }
        let failed = |error: io::Error| fault(DOING, &error);
        let file = self.folder.open_partial(object).map_err(failed)?;
        write(&file, offset, bytes).map_err(failed)?;
        let have = offset + due;
        if have < total {
            return Ok(Progress::partial(have));
        }
        self.finish(object, &file, total)
    }

    /// Checks what has become whole and keeps it, or sets it aside.
    fn finish(&self, object: &ObjectId, file: &File, total: u64) -> Result<Progress, Fault> {
        let doing = "checking a package";
        let path = self.folder.partial(object);
        let mut hasher = blake3::Hasher::new();
        hasher.update_reader(file).map_err(|e| fault(doing, &e))?;
        if *hasher.finalize().as_bytes() != object.0 {
            fs::rename(&path, self.folder.refused()).map_err(|e| fault(doing, &e))?;
            return Ok(Progress::REFUSED);
        }
        if let Err(error) = self.folder.keep(file, &path, object) {
            // The system may have dropped what it could not write and still show it to us, so that
            // a second try would succeed over a file that is not on the disk.
            let _ = fs::remove_file(&path);
            return Err(fault(DOING, &error));
        }
        Ok(Progress::complete(total))
    }

    /// Forgets the pieces of an object that is not whole: it comes another way, or from another
    /// peer. If that fails they only take room, and the check of the whole object refuses them.
    pub fn discard_partial(&self, object: &ObjectId) {
        let _alone = self.alone(object);
        let _ = fs::remove_file(self.folder.partial(object));
    }
}

/// Writes a piece at the end of what counts, over whatever a crash left behind that.
fn write(file: &File, offset: u64, bytes: &[u8]) -> io::Result<()> {
    if file.metadata()?.len() > offset {
        file.set_len(offset)?;
    }
    file.write_all_at(bytes, offset).inspect_err(|_| {
        // Half a piece is of no use and takes room on a disk that may have none.
        let _ = file.set_len(offset);
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_pieces_before_the_last_count() {
        let cases = [
            // length, total, counted
            (0, 0, 0),
            (0, PIECE, 0),
            (1, PIECE + 1, 0),
            (PIECE - 1, 2 * PIECE, 0),
            (PIECE, PIECE, 0),
            (PIECE, PIECE + 1, PIECE),
            (PIECE + 1, PIECE + 1, PIECE),
            (2 * PIECE, 2 * PIECE, PIECE),
            (2 * PIECE - 1, 3 * PIECE, PIECE),
            (9 * PIECE, PIECE + 1, PIECE),
            (9 * PIECE, 0, 0),
        ];
        for (length, total, expected) in cases {
            assert_eq!(counted(length, total), expected, "{length} of {total}");
        }
    }
}
