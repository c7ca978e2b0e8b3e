//! The fence: what the log had at least, beside the log, so that one which lost its end is found.
//!
//! ```text
//! two slots, at 0 and 4096, written in turn, so that a torn write leaves the other one whole
//! generation   u64     the slot with the higher one holds
//! incarnation  16
//! size         u64     of the log, at the end of a block
//! root         32      of the tree over it, as that block's checkpoint says
//! checksum     32      SHA-256 of the fields above
//! ```

use crate::store::system;
use engine::log::Fault;
use schema::bytes::{Malformed, Reader, Writer};
use schema::hash::{Hash, sha256};
use schema::id::Incarnation;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::Path;

const SLOT_BYTES: usize = 8 + 16 + 8 + 32 + 32;

/// Slots lie in different pages: the device tears one of them at most.
const SLOT_DISTANCE_BYTES: u64 = 4096;

/// What a log had at least.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FenceMark {
    /// The incarnation of the log.
    pub incarnation: Incarnation,
    /// Records in the log, at the end of a block.
    pub size: u64,
    /// Root of the tree over them.
    pub root: Hash,
}

/// The file.
#[derive(Debug)]
pub(crate) struct Fence {
    file: File,
    generation: u64,
    mark: Option<FenceMark>,
}

impl Fence {
    /// A new file that holds `mark`.
    pub(crate) fn create(path: &Path, mark: FenceMark) -> Result<Self, Fault> {
        let file = File::options().read(true).write(true).create(true).truncate(true).open(path);
        let file = file.map_err(|error| system("writing the fence", &error))?;
        let mut fence = Self { file, generation: 0, mark: None };
        fence.write(mark)?;
        Ok(fence)
    }

    /// The file that is there; None when there is none. A file of which no slot can be trusted has
    /// no mark.
    pub(crate) fn open(path: &Path) -> Result<Option<Self>, Fault> {
        let file = match File::options().read(true).write(true).open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(system("reading the fence", &error)),
        };
        let mut fence = Self { file, generation: 0, mark: None };
        for slot in 0..2 {
            if let Some((generation, mark)) = fence.read(slot)?
                && generation > fence.generation
            {
                (fence.generation, fence.mark) = (generation, Some(mark));
            }
        }
        Ok(Some(fence))
    }

    /// What the log had at least; None when neither slot can be trusted.
    pub(crate) fn mark(&self) -> Option<FenceMark> {
        self.mark
    }

    /// Moves the fence, durably. The slot that holds now is left as it is.
    pub(crate) fn write(&mut self, mark: FenceMark) -> Result<(), Fault> {
        let generation = self.generation + 1;
        let mut out = Writer::new();
        out.u64(generation).fixed(&mark.incarnation.0).u64(mark.size).fixed(&mark.root);
        let mut slot = out.finish();
        slot.extend_from_slice(&sha256(&[&slot]));
        let written = self.file.write_all_at(&slot, generation % 2 * SLOT_DISTANCE_BYTES);
        let synced = written.and_then(|()| self.file.sync_data());
        synced.map_err(|error| system("writing the fence", &error))?;
        (self.generation, self.mark) = (generation, Some(mark));
        Ok(())
    }

    fn read(&self, slot: u64) -> Result<Option<(u64, FenceMark)>, Fault> {
        let mut bytes = [0; SLOT_BYTES];
        match self.file.read_exact_at(&mut bytes, slot * SLOT_DISTANCE_BYTES) {
            Ok(()) => Ok(parse(&bytes).ok()),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
            Err(error) => Err(system("reading the fence", &error)),
        }
    }
}

fn parse(bytes: &[u8; SLOT_BYTES]) -> Result<(u64, FenceMark), Malformed> {
    let mut input = Reader::new(bytes, "fence");
    let generation = input.u64()?;
    let mark = FenceMark {
        incarnation: Incarnation(input.array()?),
        size: input.u64()?,
        root: input.array()?,
    };
    let checksum = input.array::<32>()?;
    let whole = checksum == sha256(&[&bytes[..SLOT_BYTES - 32]]);
    if whole { Ok((generation, mark)) } else { Err(Malformed::new("fence")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(size: u64) -> FenceMark {
        FenceMark { incarnation: Incarnation([1; 16]), size, root: [2; 32] }
    }

    fn open(path: &Path) -> Option<FenceMark> {
        Fence::open(path).unwrap().unwrap().mark()
    }

    #[test]
    fn the_last_mark_holds() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("fence");
        assert!(Fence::open(&path).unwrap().is_none());
        drop(Fence::create(&path, mark(0)).unwrap());
        for size in 1..5 {
            let mut fence = Fence::open(&path).unwrap().unwrap();
            assert_eq!(fence.mark(), Some(mark(size - 1)));
            fence.write(mark(size)).unwrap();
            assert_eq!(open(&path), Some(mark(size)));
        }
    }

    #[test]
    fn a_damaged_slot_leaves_the_one_before_and_two_leave_none() {
        for bit in (0..SLOT_BYTES * 8).step_by(41) {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("fence");
            let mut fence = Fence::create(&path, mark(1)).unwrap();
            fence.write(mark(2)).unwrap();
            let mut bytes = std::fs::read(&path).unwrap();
            bytes[bit / 8] ^= 1 << (bit % 8);
            std::fs::write(&path, &bytes).unwrap();
            assert_eq!(open(&path), Some(mark(1)));
            bytes[4096 + bit / 8] ^= 1 << (bit % 8);
            std::fs::write(&path, &bytes).unwrap();
            assert_eq!(open(&path), None);
        }
    }
}
