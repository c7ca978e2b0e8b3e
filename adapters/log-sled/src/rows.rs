//! A block as rows: bounded values, so that sled keeps every page where it syncs it.
//!
//! A leaf of the tree holds up to 16 rows, 17 for a moment before it splits, and a page of more
//! than a quarter of a segment leaves the database file. Hence 17 rows must fit into a quarter of
//! a segment; `engine/decisions/0002-rows-and-segments-in-sled.md` says why these two.

use crate::key::{self, RowKey};
use crate::store::Rows;
use engine::log::Fault;
use schema::id::Position;
use schema::latest::Block;

/// Bytes of a segment. Fixed when a log is created: sled refuses to open with another.
pub(crate) const SEGMENT_BYTES: usize = 2 * 1024 * 1024;

/// Most bytes in one row.
pub(crate) const ROW_BYTES_MAX: usize = 30 * 1024;

/// Most rows in one leaf, and what each of them costs beside its bytes, generously.
const LEAF_ROWS_MAX: usize = 17;
const ROW_FRAME_BYTES: usize = 64;
const _: () = assert!(LEAF_ROWS_MAX * (ROW_BYTES_MAX + ROW_FRAME_BYTES) < SEGMENT_BYTES / 4);

/// The rows of `block`.
pub(crate) fn cut(block: &Block) -> Result<Vec<(RowKey, Vec<u8>)>, Fault> {
    let bytes = block.write();
    let mut rows = Vec::with_capacity(bytes.len().div_ceil(ROW_BYTES_MAX));
    for (index, row) in bytes.chunks(ROW_BYTES_MAX).enumerate() {
        let part = u16::try_from(index).map_err(|_| Fault::Store {
            doing: "appending a block",
            why: format!("a block of {} bytes is too large", bytes.len()),
        })?;
        rows.push((key::row(block.first, part), row.to_vec()));
    }
    Ok(rows)
}

/// Puts rows together again, one block after the other.
pub(crate) struct Stored {
    rows: Rows,
    /// The first row of the next block, or why there is none: reading ran into it.
    ahead: Option<Result<(Position, Vec<u8>), Fault>>,
}

impl Stored {
    /// The blocks to which `rows` belong.
    pub(crate) fn new(rows: Rows) -> Self {
        Self { rows, ahead: None }
    }

    /// The next block: the Position in its keys, and its bytes as they are.
    pub(crate) fn next(&mut self) -> Result<Option<(Position, Vec<u8>)>, Fault> {
        let Some((first, mut bytes)) = self.begin()? else {
            return Ok(None);
        };
        loop {
            match self.rows.next() {
                Ok(Some((begun, _, row))) if begun == first => {
                    bytes.extend_from_slice(&row);
                    continue;
                }
                Ok(Some((begun, _, row))) => self.ahead = Some(Ok((begun, row.to_vec()))),
                Ok(None) => {}
                // The block may have been whole before; then only the next one is missing.
                Err(fault) if end(first, &bytes).is_some() => self.ahead = Some(Err(fault)),
                Err(fault) => return Err(fault),
            }
            return Ok(Some((first, bytes)));
        }
    }

    /// The first row of the next block.
    fn begin(&mut self) -> Result<Option<(Position, Vec<u8>)>, Fault> {
        match self.ahead.take() {
            Some(ahead) => ahead.map(Some),
            None => Ok(self.rows.next()?.map(|(first, _, row)| (first, row.to_vec()))),
        }
    }
}

/// The Position after the block, when its head, its place and its checkpoint agree. Cheaper than
/// reading all of it, and enough to know where the next block should begin.
pub(crate) fn end(first: Position, bytes: &[u8]) -> Option<Position> {
    /// From the end of a block: size u64, root 32, time u64, key u32, signature 64.
    const CHECKPOINT_BYTES: usize = 8 + 32 + 8 + 4 + 64;
    let (head, rest) = bytes.split_first_chunk::<13>()?;
    let checkpoint = rest.last_chunk::<CHECKPOINT_BYTES>()?;
    let begins = u64::from_be_bytes(*head[1..].first_chunk()?);
    let count = u32::from_be_bytes(*head[9..].first_chunk()?);
    let size = u64::from_be_bytes(*checkpoint.first_chunk()?);
    let end = first.0.checked_add(u64::from(count))?;
    (begins == first.0 && size.checked_add(1) == Some(end)).then_some(Position(end))
}
