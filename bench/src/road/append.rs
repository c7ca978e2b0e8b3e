//! Durable append through the log's adapter, beside one write and one fdatasync to a plain file.

use super::{DEVICE_TURNS, Plan};
use crate::Failure;
use crate::entries::{ENTRY_BYTES, published};
use crate::pair::{Sample, interleaved};
use crate::report::Figure;
use crate::spread::Spread;
use engine::log::Log as _;
use log_sled::LogSled;
use schema::id::{Incarnation, LinkId, Position};
use schema::latest::{Block, Checkpoint, Own, Record};
use std::fs::File;
use std::io::Write as _;

/// Blocks of `count` events.
pub(crate) fn measure(plan: &Plan, count: usize) -> Result<Figure, Failure> {
    let folder = plan.own_folder()?;
    let mut log = LogSled::create(&folder.path().join("log"), Incarnation([1; 16]))?;
    let mut file = File::create_new(folder.path().join("plain"))?;
    let (mut block, mut same) = (block(count)?, block(count)?);
    let block_bytes = block.write().len() as u64;
    let (mut our_us, mut their_us) = (Vec::new(), Vec::new());
    let mut ours = || {
        move_on(&mut block);
        let sample = Sample::time(count as u64, || Ok(log.append(&block)?))?;
        our_us.push(sample.took.as_secs_f64() * 1e6);
        Ok(sample)
    };
    let mut theirs = || {
        move_on(&mut same);
        let sample = Sample::time(count as u64, || {
            file.write_all(&same.write())?;
            Ok(file.sync_data()?)
        })?;
        their_us.push(sample.took.as_secs_f64() * 1e6);
        Ok(sample)
    };
    let pairs = interleaved(&plan.pace_of_device(), &mut ours, &mut theirs)?;
    let appended = log.size();
    log.close()?;
    let how = format!(
        "Ours: LogSled::append of blocks of {count}, each durable when it returns. Theirs: one \
         write of the same block to a plain file and one fdatasync. Both encode the block within \
         the time measured; one log and one file for all rounds; the two take turns {DEVICE_TURNS} \
         times in each round. Entries are of {ENTRY_BYTES} bytes, records of the space's own."
    );
    let sizes = [
        ("block_bytes", block_bytes),
        ("block_events", count as u64),
        ("event_bytes", ENTRY_BYTES as u64),
        ("log_events", appended),
    ];
    let mut figure = Figure::pair(how, &sizes, &pairs).ok_or("no round was measured")?;
    // A device that others use stalls now and then for milliseconds, which the sums above contain
    // and these medians do not.
    figure.beside.extend(Spread::of(&our_us).map(|spread| ("our_block_us", spread)));
    figure.beside.extend(Spread::of(&their_us).map(|spread| ("their_block_us", spread)));
    Ok(figure)
}

/// A block that stands before the first place of a log. Its signature is zeros: a log does not
/// look at it.
fn block(count: usize) -> Result<Block, Failure> {
    let records = (1..).take(count).map(|number| {
        let entry = published(LinkId([1; 32]), number, ENTRY_BYTES)?;
        let record = Record::Own(Own { salt: [2; 16], entry });
        let leaf = record.leaf();
        Ok::<_, Failure>((record, leaf))
    });
    let records = records.collect::<Result<Vec<_>, _>>()?;
    let checkpoint = Checkpoint { size: 0, root: [0; 32], time_ms: 0, key: 1, signature: [0; 64] };
    Ok(Block { first: Position(0), records, checkpoint })
}

/// Moves the block behind itself.
fn move_on(block: &mut Block) {
    block.first = Position(block.checkpoint.size + 1);
    block.checkpoint.size += block.records.len() as u64;
}
