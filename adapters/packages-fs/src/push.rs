//! Push: a whole package from a person, hashed both ways while it streams to the disk.

use crate::Packages;
use crate::folder::fault;
use engine::log::Fault;
use schema::id::ObjectId;
use schema::latest::model::HexHash;
use schema::limits::{OBJECT_BYTES_MAX, PIECE_BYTES_MAX};
use sha2::{Digest as _, Sha256};
use std::io::{ErrorKind, Read, Write};
use thiserror::Error;

const DOING: &str = "storing a package";

/// A package that is stored, with what a release says about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stored {
    /// BLAKE3 of its bytes: the name under which it is held and asked for.
    pub object: ObjectId,
    /// SHA-256 of its bytes, for people and their tools.
    pub sha256: HexHash,
    /// Its size in bytes.
    pub size: u64,
}

/// Why a push stored nothing. What was there before is unchanged.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NotStored {
    /// There was more to read than allowed.
    #[error("the package is larger than {size_max} bytes")]
    TooLarge {
        /// The most that was allowed, in bytes.
        size_max: u64,
    },
    /// Whoever sent it did not send it to its end.
    #[error("the package could not be read to its end: {why}")]
    Cut {
        /// What the reader said.
        why: String,
    },
    /// The store failed.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl Packages {
    /// Stores what `reader` gives, up to `size_max` bytes and never more than
    /// [`OBJECT_BYTES_MAX`]. When it returns `Ok` the package survives the loss of power. The same
    /// bytes may be pushed again, also at the same time.
    ///
    /// # Errors
    /// When there is too much, when `reader` fails, or when the store does. Nothing is stored then;
    /// only if the very last step failed, making the name durable, may the package be there.
    pub fn push(&self, reader: &mut dyn Read, size_max: u64) -> Result<Stored, NotStored> {
        let mut incoming = self.folder.incoming()?;
        let stored = copy(reader, &mut incoming.file, size_max.min(OBJECT_BYTES_MAX))?;
        incoming.keep(&stored.object).map_err(|e| fault(DOING, &e))?;
        self.discard_partial(&stored.object);
        Ok(stored)
    }
}

/// Streams and hashes.
fn copy(reader: &mut dyn Read, file: &mut impl Write, size_max: u64) -> Result<Stored, NotStored> {
    let mut blake3 = blake3::Hasher::new();
    let mut sha256 = Sha256::new();
    let mut size = 0;
    let mut buffer = vec![0; PIECE_BYTES_MAX];
    loop {
        let part = match reader.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => &buffer[..count],
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => {
                let why = error.to_string();
                return Err(NotStored::Cut { why });
            }
        };
        size += part.len() as u64;
        if size > size_max {
            return Err(NotStored::TooLarge { size_max });
        }
        blake3.update(part);
        sha256.update(part);
        file.write_all(part).map_err(|e| fault(DOING, &e))?;
    }
    Ok(Stored {
        object: ObjectId(*blake3.finalize().as_bytes()),
        sha256: HexHash(sha256.finalize().into()),
        size,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::OpenOptions;

    #[test]
    fn a_push_to_a_disk_without_room_says_so() {
        let mut disk = OpenOptions::new()
            .write(true)
            .open("/dev/full")
            .expect("Linux has a disk that is always full");
        let pushed = copy(&mut &b"a package"[..], &mut disk, 100);
        assert_eq!(pushed, Err(NotStored::Fault(Fault::Full { doing: DOING })));
    }
}
