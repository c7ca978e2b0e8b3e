//! Want and piece: how an object travels on request, in bounded parts that can be asked for again.
//!
//! ```text
//! want    object 32, u16 count, count times offset u64
//! piece   object 32, total u64, offset u64, u32 length and bytes
//! ```

use crate::bytes::{Malformed, Reader, Writer};
use crate::id::ObjectId;
use crate::limits::{OBJECT_BYTES_MAX, PIECE_BYTES_MAX, WANT_PIECES_MAX};

/// A request for pieces of one object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Want {
    /// The object.
    pub object: ObjectId,
    /// Where each piece begins; a multiple of [`PIECE_BYTES_MAX`].
    pub offsets: Vec<u64>,
}

impl Want {
    /// The bytes.
    ///
    /// # Panics
    /// With more offsets than a u16 counts; callers keep to [`WANT_PIECES_MAX`].
    #[must_use]
    pub fn write(&self) -> Vec<u8> {
        let mut out = Writer::new();
        let count = u16::try_from(self.offsets.len()).expect("at most WANT_PIECES_MAX");
        out.fixed(&self.object.0).u16(count);
        for offset in &self.offsets {
            out.u64(*offset);
        }
        out.finish()
    }

    /// The want whose bytes these are.
    ///
    /// # Errors
    /// When they ask for too much, or between pieces.
    pub fn read(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut input = Reader::new(bytes, "want");
        let object = ObjectId(input.array()?);
        let count = usize::from(input.u16()?);
        if count == 0 || count > WANT_PIECES_MAX {
            return Err(input.malformed());
        }
        let mut offsets = Vec::with_capacity(count);
        for _ in 0..count {
            let offset = input.u64()?;
            if offset % PIECE_BYTES_MAX as u64 != 0 || offset >= OBJECT_BYTES_MAX {
                return Err(input.malformed());
            }
            offsets.push(offset);
        }
        input.finish()?;
        Ok(Self { object, offsets })
    }
}

/// One part of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// The object.
    pub object: ObjectId,
    /// Length of the whole object, in bytes.
    pub total: u64,
    /// Where this part begins.
    pub offset: u64,
    /// The part: [`PIECE_BYTES_MAX`] bytes, fewer only at the end.
    pub bytes: Vec<u8>,
}

impl Piece {
    /// The bytes.
    #[must_use]
    pub fn write(&self) -> Vec<u8> {
        let mut out = Writer::new();
        out.fixed(&self.object.0).u64(self.total).u64(self.offset).variable(&self.bytes);
        out.finish()
    }

    /// The piece whose bytes these are.
    ///
    /// # Errors
    /// When it does not fit into the object that it claims to be a part of.
    pub fn read(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut input = Reader::new(bytes, "piece");
        let object = ObjectId(input.array()?);
        let (total, offset) = (input.u64()?, input.u64()?);
        let part = input.variable(PIECE_BYTES_MAX)?.to_vec();
        let whole = total <= OBJECT_BYTES_MAX
            && offset % PIECE_BYTES_MAX as u64 == 0
            && offset <= total
            && part.len() as u64 == (total - offset).min(PIECE_BYTES_MAX as u64)
            && (offset < total || total == 0);
        if !whole {
            return Err(input.malformed());
        }
        input.finish()?;
        Ok(Self { object, total, offset, bytes: part })
    }
}
