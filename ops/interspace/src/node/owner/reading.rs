//! What is read of a log between two turns: all of it to be verified, or some of its blocks.

use super::Read;
use engine::log::verify::{Intact, Verifier};
use engine::log::{Fault, Log};
use schema::hash::Hash;
use schema::id::Position;
use schema::v1::block::Damage;
use std::ops::ControlFlow;

/// Bytes of the log that are read between two turns, and one block more.
const READ_BYTES_MAX: usize = 1024 * 1024;

/// Verifies a log from its bytes. `known` is a size that it had and its root then, from elsewhere.
///
/// # Errors
/// When the store cannot be read.
pub(crate) fn verify(
    log: &impl Log,
    known: Option<(u64, Hash)>,
) -> Result<Result<Intact, Damage>, Fault> {
    let mut verifier = Verifier::new();
    let mut found = None;
    let scanned = log.scan(&mut |first, bytes| match verifier.block(first, bytes) {
        Ok(()) => ControlFlow::Continue(()),
        Err(damage) => {
            found = Some(damage);
            ControlFlow::Break(())
        }
    });
    let another = known.filter(|(size, root)| {
        *size > 0 && *size <= verifier.size() && verifier.root_at(*size) != Some(*root)
    });
    match (found, scanned, another) {
        // What the store knows to be damaged is an answer too, and all before it was verified.
        (Some(damage), _, _) | (None, Err(Fault::Damaged(damage)), _) => Ok(Err(damage)),
        (None, Err(fault), _) => Err(fault),
        (None, Ok(()), Some((size, _))) => Ok(Err(Damage {
            position: Position(size),
            what: "the log is another one than it was when it had this size".to_owned(),
        })),
        (None, Ok(()), None) => Ok(verifier.finish()),
    }
}

/// Reads blocks of a log from `from` on, up to `until`, and no more than one turn may wait for.
///
/// # Errors
/// When the store cannot be read.
pub(super) fn blocks(log: &impl Log, from: Position, until: Position) -> Result<Read, Fault> {
    if from > until {
        return Ok(Ok(Vec::new()));
    }
    let mut found = Vec::new();
    let mut bytes_read = 0;
    let scanned = log.scan_from(from, &mut |first, bytes| {
        if first > until || bytes_read >= READ_BYTES_MAX {
            return ControlFlow::Break(());
        }
        bytes_read += bytes.len();
        found.push((first, bytes.to_vec()));
        ControlFlow::Continue(())
    });
    match scanned {
        Ok(()) => Ok(Ok(found)),
        Err(Fault::Damaged(damage)) => Ok(Err(damage)),
        Err(fault) => Err(fault),
    }
}
