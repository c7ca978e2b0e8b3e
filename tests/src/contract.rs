//! What every log promises, whatever keeps it: each adapter runs these cases.

use crate::blocks::{Blocks, ENTRY_FRAME_BYTES};
use engine::log::{Fault, Log};
use schema::id::Position;
use schema::latest::{Block, Record};
use schema::limits::ENTRY_BYTES_MAX;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// A place with one log, empty at first. It is opened again and again; the log that was open
/// before is dropped first.
pub type Place = Box<dyn FnMut() -> Result<Box<dyn Log>, Fault>>;

/// A sentence, and what proves it of a place.
pub type Case = (&'static str, fn(Place));

/// All of them.
pub const CASES: [Case; 12] = [
    ("what was appended is read back, across reopening", read_back),
    ("the stored bytes are those of the block", stored_bytes),
    ("a scan shows every block in order", scan_in_order),
    ("a scan stops where the visitor breaks", scan_stops),
    ("a scan begins where a block begins, and nowhere else", scan_goes_on),
    ("a block begins where the last one ended", a_gap_closes),
    ("an empty block is refused", an_empty_block_closes),
    ("a checkpoint of another size is refused", a_wrong_checkpoint_closes),
    ("a missing position is a fault and closes nothing", missing_positions),
    ("the largest entries are kept", largest_entries),
    ("any choice of positions is read", many_positions),
    ("settling twice is settling once", settle_is_idempotent),
];

/// Runs all cases, each in a place that `make` makes.
///
/// # Panics
/// With the sentence that is not true.
pub fn run(mut make: impl FnMut() -> Place) {
    for (sentence, case) in CASES {
        let place = make();
        // What broke is reported where it broke; here it is said what that means.
        let outcome = catch_unwind(AssertUnwindSafe(|| case(place)));
        assert!(outcome.is_ok(), "it is not true that {sentence}");
    }
}

/// Every block that a log shows, with the Position at which it says that it begins.
///
/// # Panics
/// When the scan fails.
pub fn shown(log: &dyn Log) -> Vec<(Position, Vec<u8>)> {
    let mut blocks = Vec::new();
    log.scan(&mut |first, bytes| {
        blocks.push((first, bytes.to_vec()));
        ControlFlow::Continue(())
    })
    .expect("a scan of a sound log");
    blocks
}

/// Opens the log and appends `blocks`.
fn filled(place: &mut Place, blocks: &[Block]) -> Box<dyn Log> {
    let mut log = place().expect("the log opens");
    for block in blocks {
        log.append(block).expect("the block is appended");
    }
    log
}

fn records(blocks: &[Block]) -> Vec<Record> {
    let all = blocks.iter().flat_map(|block| &block.records);
    all.map(|(record, _)| record.clone()).collect()
}

fn positions(range: std::ops::RangeInclusive<u64>) -> Vec<Position> {
    range.map(Position).collect()
}

/// After a failure nothing is answered any more, and what was kept before is still there.
fn assert_closed_with(mut place: Place, mut log: Box<dyn Log>, kept: &[Block], next: &Block) {
    let size = kept.last().map_or(0, |block| block.checkpoint.size);
    assert_eq!(log.append(next), Err(Fault::Poisoned));
    assert_eq!(log.read(&[Position(1)]), Err(Fault::Poisoned));
    assert_eq!(log.scan(&mut |_, _| ControlFlow::Continue(())), Err(Fault::Poisoned));
    assert_eq!(log.settle(), Err(Fault::Poisoned));
    drop(log);
    let mut log = place().expect("it opens again");
    assert_eq!(log.size(), size);
    assert_eq!(log.read(&positions(1..=size)), Ok(records(kept)));
    log.append(next).expect("it takes blocks again");
}

fn read_back(mut place: Place) {
    let mut writer = Blocks::new();
    let blocks = [writer.small(1), writer.small(256), writer.large(&[9_000]), writer.small(3)];
    let log = filled(&mut place, &blocks);
    assert_eq!(log.size(), 261);
    assert_eq!(log.read(&positions(1..=261)), Ok(records(&blocks)));
    drop(log);
    let more = [writer.small(2)];
    let log = filled(&mut place, &more);
    assert_eq!(log.size(), 263);
    let all = [&blocks[..], &more].concat();
    assert_eq!(log.read(&positions(1..=263)), Ok(records(&all)));
}

fn stored_bytes(mut place: Place) {
    let mut writer = Blocks::new();
    let blocks = [writer.small(2), writer.large(&[70_000, 5]), writer.small(1)];
    let written: Vec<_> = blocks.iter().map(|block| (block.first, block.write())).collect();
    assert_eq!(shown(&*filled(&mut place, &blocks)), written);
    assert_eq!(shown(&*filled(&mut place, &[])), written);
}

fn scan_in_order(mut place: Place) {
    let mut writer = Blocks::new();
    assert_eq!(shown(&*filled(&mut place, &[])), []);
    let blocks: Vec<_> = (0..300).map(|n| writer.small(1 + n % 3)).collect();
    let log = filled(&mut place, &blocks);
    let read: Vec<_> = shown(&*log)
        .iter()
        .map(|(first, bytes)| Block::read(bytes, *first).expect("a sound block"))
        .collect();
    assert_eq!(read, blocks);
}

fn scan_stops(mut place: Place) {
    let mut writer = Blocks::new();
    let blocks: Vec<_> = (0..5).map(|_| writer.small(2)).collect();
    let log = filled(&mut place, &blocks);
    let mut seen = Vec::new();
    let stopped = log.scan(&mut |first, _| {
        seen.push(first.0);
        if seen.len() == 3 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    assert_eq!(stopped, Ok(()));
    assert_eq!(seen, [1, 3, 5]);
}

fn scan_goes_on(mut place: Place) {
    let mut writer = Blocks::new();
    let blocks = [writer.small(2), writer.large(&[70_000]), writer.small(3)];
    let log = filled(&mut place, &blocks);
    let seen = |from| {
        let mut seen = Vec::new();
        let shown = log.scan_from(Position(from), &mut |first, bytes| {
            seen.push((first, bytes.to_vec()));
            ControlFlow::Continue(())
        });
        shown.map(|()| seen)
    };
    let written: Vec<_> = blocks.iter().map(|block| (block.first, block.write())).collect();
    for (from, skipped) in [(1, 0), (3, 1), (4, 2), (7, 3)] {
        assert_eq!(seen(from).as_deref(), Ok(&written[skipped..]), "from {from}");
    }
    for from in [2, 5, 6] {
        assert!(matches!(seen(from), Err(Fault::Damaged(_))), "from {from}");
    }
}

fn a_gap_closes(mut place: Place) {
    let mut writer = Blocks::new();
    let kept = [writer.small(2)];
    let next = writer.small(1);
    let gap = writer.small(1);
    let mut log = filled(&mut place, &kept);
    assert!(matches!(log.append(&gap), Err(Fault::Store { .. })));
    assert_closed_with(place, log, &kept, &next);
}

fn an_empty_block_closes(mut place: Place) {
    let mut writer = Blocks::new();
    let kept = [writer.small(2)];
    let mut log = filled(&mut place, &kept);
    assert!(matches!(log.append(&writer.of(&[])), Err(Fault::Store { .. })));
    assert_closed_with(place, log, &kept, &writer.small(1));
}

fn a_wrong_checkpoint_closes(mut place: Place) {
    let mut writer = Blocks::new();
    let kept = [writer.small(2)];
    let next = writer.small(2);
    let mut wrong = next.clone();
    wrong.checkpoint.size -= 1;
    let mut log = filled(&mut place, &kept);
    assert!(matches!(log.append(&wrong), Err(Fault::Store { .. })));
    assert_closed_with(place, log, &kept, &next);
}

fn missing_positions(mut place: Place) {
    let mut writer = Blocks::new();
    let log = filled(&mut place, &[]);
    assert!(log.read(&[Position(1)]).is_err());
    drop(log);
    let blocks = [writer.small(3), writer.small(2)];
    let mut log = filled(&mut place, &blocks);
    for missing in [0, 6, u64::MAX] {
        let fault = log.read(&[Position(missing)]).expect_err("there is no such Position");
        assert!(fault.to_string().contains(&missing.to_string()), "{fault}");
    }
    assert!(log.read(&positions(1..=6)).is_err());
    assert_eq!(log.read(&positions(1..=5)), Ok(records(&blocks)));
    log.append(&writer.small(1)).expect("a wrong question closes nothing");
}

fn largest_entries(mut place: Place) {
    let mut writer = Blocks::new();
    let text = ENTRY_BYTES_MAX - ENTRY_FRAME_BYTES;
    let blocks = [
        writer.large(&[text]),
        writer.large(&[text, 10, text]),
        writer.large(&[text; 5]),
        writer.small(1),
    ];
    let log = filled(&mut place, &blocks);
    assert_eq!(log.read(&positions(1..=10)), Ok(records(&blocks)));
    drop(log);
    assert_eq!(filled(&mut place, &[]).read(&positions(1..=10)), Ok(records(&blocks)));
}

fn many_positions(mut place: Place) {
    let mut writer = Blocks::new();
    let blocks: Vec<_> = (0..40).map(|n| writer.small(1 + n % 7)).collect();
    let log = filled(&mut place, &blocks);
    let all = records(&blocks);
    assert_eq!(log.read(&[]), Ok(Vec::new()));
    for step in [1, 2, 3, 11, 50] {
        let chosen: Vec<_> = positions(1..=log.size()).into_iter().step_by(step).collect();
        let wanted: Vec<_> = all.iter().step_by(step).cloned().collect();
        assert_eq!(log.read(&chosen), Ok(wanted));
    }
    // Back and forth between calls, as two links would.
    for position in [1, 150, 2, 149, 3, 75] {
        let wanted = all[usize::try_from(position - 1).expect("small")].clone();
        assert_eq!(log.read(&[Position(position)]), Ok(vec![wanted]));
    }
}

fn settle_is_idempotent(mut place: Place) {
    let mut writer = Blocks::new();
    let blocks = [writer.small(2), writer.small(1)];
    let mut log = filled(&mut place, &[]);
    assert_eq!(log.settle(), Ok(()));
    log.append(&blocks[0]).expect("appended");
    assert_eq!((log.settle(), log.settle()), (Ok(()), Ok(())));
    log.append(&blocks[1]).expect("appended");
    drop(log);
    let mut log = filled(&mut place, &[]);
    assert_eq!((log.settle(), log.settle()), (Ok(()), Ok(())));
    assert_eq!(log.read(&positions(1..=3)), Ok(records(&blocks)));
}
