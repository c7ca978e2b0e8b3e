//! Sequences of blocks that a test and the processes that it starts both know.

use crate::blocks::Blocks;
use schema::latest::Block;
use schema::limits::ENTRY_BYTES_MAX;

/// The next block of a sequence without end, of one small entry up to one that is half as large as
/// an entry may be: a process that was killed is followed from any place in it.
pub fn next_of_mixed_size(writer: &mut Blocks) -> Block {
    match writer.size() % 11 {
        3 => writer.large(&[ENTRY_BYTES_MAX / 2, 100]),
        5 => writer.small(120),
        7 => writer.large(&[60_000]),
        // 1 to 4.
        other => writer.small(usize::try_from(1 + other % 4).expect("small")),
    }
}

/// The next block of a sequence that soon fills a small store: one entry with 100 kB of text.
pub fn next_large(writer: &mut Blocks) -> Block {
    writer.large(&[100_000])
}

/// Sixty blocks: of few entries, of many, and of large ones, in turns.
pub fn of_every_shape(writer: &mut Blocks) -> Vec<Block> {
    (0..60)
        .map(|n| match n % 6 {
            1 => writer.large(&[300, 70_000]),
            3 => writer.small(40),
            _ => writer.small(1 + n % 3),
        })
        .collect()
}
