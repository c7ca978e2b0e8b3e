//! The end of a log, and how a block is found.

use crate::key;
use crate::rows::{self, Stored};
use crate::store::Store;
use engine::log::Fault;
use engine::log::tree::Tree;
use schema::hash::Hash;
use schema::id::Position;
use schema::latest::Block;
use schema::v1::block::Damage;

/// The end of a log.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tip {
    pub(crate) size: u64,
    pub(crate) root: Hash,
}

impl Tip {
    fn empty() -> Self {
        Self { size: 0, root: Tree::new().root() }
    }

    /// Finds the end by the last key; only the last block is read.
    pub(crate) fn find(store: &Store) -> Result<Self, Fault> {
        let Some((block, _)) = load(store, Position(u64::MAX))? else {
            return Ok(Self::empty());
        };
        let tip = Self { size: block.checkpoint.size, root: block.checkpoint.root };
        if block.end().0.checked_sub(1) != Some(tip.size) {
            return Err(damaged(block.first, "the checkpoint is of another size"));
        }
        Ok(tip)
    }

    /// Finds the end of the sound blocks from the beginning on, by reading all of them.
    pub(crate) fn of_sound_part(store: &Store) -> Self {
        let mut tip = Self::empty();
        let Ok(rows) = store.rows_from(key::row(Position(0), 0)) else {
            return tip;
        };
        let mut stored = Stored::new(rows);
        while let Ok(Some((first, bytes))) = stored.next() {
            match Block::read(&bytes, Position(tip.size + 1)) {
                Ok(block) if rows::end(first, &bytes) == Some(block.end()) => {
                    tip = Self { size: block.checkpoint.size, root: block.checkpoint.root };
                }
                _ => break,
            }
        }
        tip
    }
}

/// The block in which `position` lies, if it is there, or else the one before; with the size of
/// its stored form.
pub(crate) fn load(store: &Store, position: Position) -> Result<Option<(Block, usize)>, Fault> {
    let Some((first, part, last)) = store.last_row(key::row(position, u16::MAX))? else {
        return Ok(None);
    };
    // Most blocks are one row, which has then been found already.
    let bytes = if part == 0 {
        last.to_vec()
    } else {
        let mut stored = Stored::new(store.rows_from(key::row(first, 0))?);
        let found = stored.next()?.filter(|(begun, _)| *begun == first);
        found.ok_or_else(|| damaged(first, "its rows are gone"))?.1
    };
    let block = Block::read(&bytes, first).map_err(Fault::Damaged)?;
    Ok(Some((block, bytes.len())))
}

pub(crate) fn damaged(position: Position, what: &str) -> Fault {
    Fault::Damaged(Damage { position, what: what.to_owned() })
}
