//! A block: the records of one durable append, with the checkpoint of the log after it.
//!
//! ```text
//! format      u8 1
//! first       u64     Position of the first record
//! count       u32
//! count times u32 length and record, leaf 32
//! checkpoint  size u64, root 32, time u64, key statement u32, signature 64
//! ```
//!
//! The leaf stands beside each record so that a damaged record can be named by its Position. The
//! signature of the checkpoint is over its C2SP note text, so that the exported note carries it
//! unchanged.

use crate::bytes::{Malformed, Reader, Writer};
use crate::hash::Hash;
use crate::id::{Incarnation, Position, SpaceId, base32};
use crate::limits::ENTRY_BYTES_MAX;
use crate::v1::record::Record;

const WHAT: &str = "block";

/// Largest stored record: an entry and the place of a mirrored one, rounded up.
const RECORD_BYTES_MAX: usize = ENTRY_BYTES_MAX + 1024;

/// What a log says about itself at one size, signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// Records in the log.
    pub size: u64,
    /// Root of the tree over them.
    pub root: Hash,
    /// Milliseconds since 1970 by the space's clock.
    pub time_ms: u64,
    /// Number of the key statement whose signing key signed.
    pub key: u32,
    /// Ed25519 over [`Checkpoint::note`].
    pub signature: [u8; 64],
}

impl Checkpoint {
    /// The text that is signed: the body of a C2SP checkpoint with one extension line.
    #[must_use]
    pub fn note(
        space: &SpaceId,
        incarnation: &Incarnation,
        size: u64,
        root: &Hash,
        time_ms: u64,
    ) -> String {
        let root = data_encoding::BASE64.encode(root);
        let (space, incarnation) = (base32(&space.0), base32(&incarnation.0));
        format!("interspace/v1/{space}/{incarnation}\n{size}\n{root}\ntime {time_ms}\n")
    }
}

/// The records of one durable append.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// The Position of the first record.
    pub first: Position,
    /// The records and the leaf of each.
    pub records: Vec<(Record, Hash)>,
    /// The log after this block.
    pub checkpoint: Checkpoint,
}

/// The first thing wrong with stored bytes, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("Position {position}: {what}")]
pub struct Damage {
    /// The first Position that cannot be trusted.
    pub position: Position,
    /// What is wrong with it.
    pub what: String,
}

impl Block {
    /// The Position after the last record.
    #[must_use]
    pub fn end(&self) -> Position {
        Position(self.first.0 + self.records.len() as u64)
    }

    /// The bytes as they are stored.
    ///
    /// # Panics
    /// When it holds 2^32 records; the runtime of a space drains far fewer at once.
    #[must_use]
    pub fn write(&self) -> Vec<u8> {
        let mut out = Writer::new();
        let count = u32::try_from(self.records.len()).expect("bounded by the mailbox");
        out.u8(1).u64(self.first.0).u32(count);
        for (record, leaf) in &self.records {
            out.variable(&record.write()).fixed(leaf);
        }
        let checkpoint = &self.checkpoint;
        out.u64(checkpoint.size)
            .fixed(&checkpoint.root)
            .u64(checkpoint.time_ms)
            .u32(checkpoint.key)
            .fixed(&checkpoint.signature);
        out.finish()
    }

    /// The block that begins at `first`. Each record's leaf is computed again and compared.
    ///
    /// # Errors
    /// [`Damage`] with the first Position that is not what it was when it was written.
    pub fn read(bytes: &[u8], first: Position) -> Result<Self, Damage> {
        let mut input = Reader::new(bytes, WHAT);
        let head = (|| Ok::<_, Malformed>((input.u8()?, input.u64()?, input.u32()?)))();
        let damage = |position, what: &str| Damage { position, what: what.to_owned() };
        let Ok((1, stated, count)) = head else {
            return Err(damage(first, "the block's head is damaged"));
        };
        if stated != first.0 {
            return Err(damage(first, "the block claims another place"));
        }
        let mut records = Vec::new();
        for index in 0..u64::from(count) {
            let position = Position(first.0 + index);
            let parts = (|| {
                let record = input.variable(RECORD_BYTES_MAX)?;
                Ok::<_, Malformed>((record, input.array::<32>()?))
            })();
            let Ok((stored, leaf)) = parts else {
                return Err(damage(position, "the record's frame is damaged"));
            };
            match Record::read(stored) {
                Ok(record) if record.leaf() == leaf => records.push((record, leaf)),
                Ok(_) => return Err(damage(position, "the record does not match its leaf")),
                Err(malformed) => return Err(damage(position, &malformed.to_string())),
            }
        }
        let end = Position(first.0 + u64::from(count));
        let checkpoint = (|| {
            let checkpoint = Checkpoint {
                size: input.u64()?,
                root: input.array()?,
                time_ms: input.u64()?,
                key: input.u32()?,
                signature: input.array()?,
            };
            input.finish()?;
            Ok::<_, Malformed>(checkpoint)
        })();
        let last = Position(end.0.saturating_sub(1).max(first.0));
        let checkpoint =
            checkpoint.map_err(|_| damage(last, "the checkpoint behind it is damaged"))?;
        Ok(Self { first, records, checkpoint })
    }
}
