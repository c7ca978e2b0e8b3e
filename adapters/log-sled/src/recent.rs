//! The blocks that were read last: a sender reads runs of Positions, many to a block.

use schema::id::Position;
use schema::latest::Block;
use std::collections::VecDeque;
use std::sync::Arc;

/// Stored bytes of the blocks that are kept. The last one is kept however large it is: one reader
/// going through it would otherwise decode it again for each envelope.
const KEPT_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Blocks, the latest first, each with the size of its stored form.
#[derive(Debug, Default)]
pub(crate) struct Recent {
    blocks: VecDeque<(Arc<Block>, usize)>,
    bytes: usize,
}

impl Recent {
    /// The block that holds `position`, if it is among them; it is the latest then.
    pub(crate) fn holding(&mut self, position: Position) -> Option<Arc<Block>> {
        let holds = |(block, _): &(Arc<Block>, usize)| holds(block, position);
        let index = self.blocks.iter().position(holds)?;
        let found = self.blocks.remove(index)?;
        let block = Arc::clone(&found.0);
        self.blocks.push_front(found);
        Some(block)
    }

    /// Keeps a block whose stored form has so many bytes.
    pub(crate) fn keep(&mut self, block: Arc<Block>, bytes: usize) {
        self.blocks.push_front((block, bytes));
        self.bytes += bytes;
        while self.bytes > KEPT_BYTES_MAX && self.blocks.len() > 1 {
            let dropped = self.blocks.pop_back();
            self.bytes -= dropped.map_or(0, |(_, bytes)| bytes);
        }
    }
}

/// Whether `block` holds `position`.
pub(crate) fn holds(block: &Block, position: Position) -> bool {
    (block.first..block.end()).contains(&position)
}

#[cfg(test)]
mod tests {
    use super::*;
    use schema::latest::Checkpoint;

    fn block(first: u64) -> Arc<Block> {
        let checkpoint =
            Checkpoint { size: first, root: [0; 32], time_ms: 0, key: 0, signature: [0; 64] };
        let evidence =
            schema::latest::Evidence { header: Vec::new(), body_hash: [0; 32], signature: [0; 64] };
        let record = schema::latest::Record::Evidence(evidence);
        let records = vec![(record, [0; 32])];
        Arc::new(Block { first: Position(first), records, checkpoint })
    }

    #[test]
    fn the_block_that_was_not_asked_for_longest_goes_first() {
        let mut recent = Recent::default();
        for first in 1..=4 {
            recent.keep(block(first), KEPT_BYTES_MAX / 4);
        }
        assert!(recent.holding(Position(1)).is_some());
        recent.keep(block(5), 1);
        assert!(recent.holding(Position(2)).is_none());
        assert!(recent.holding(Position(1)).is_some());
        assert!(recent.holding(Position(6)).is_none());
    }

    #[test]
    fn the_last_block_is_kept_however_large_it_is() {
        let mut recent = Recent::default();
        recent.keep(block(1), 1);
        recent.keep(block(2), KEPT_BYTES_MAX * 2);
        assert!(recent.holding(Position(1)).is_none());
        assert!(recent.holding(Position(2)).is_some());
        recent.keep(block(3), 1);
        assert!(recent.holding(Position(2)).is_none());
    }
}
