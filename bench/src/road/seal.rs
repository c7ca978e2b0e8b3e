//! Sealing: one envelope for many entries, beside one signature and one seal for each event.

use super::{Plan, open::Link};
use crate::Failure;
use crate::entries::ENTRY_BYTES;
use crate::pair::{Sample, interleaved};
use crate::report::Figure;
use std::hint::black_box;

/// Envelopes of `count` entries.
pub(crate) fn measure(plan: &Plan, count: usize) -> Result<Figure, Failure> {
    let Link { mut lane, mut singly, .. } = Link::new()?;
    let run = lane.run(count)?;
    let head = lane.head();
    let envelope_bytes = lane.seal(&head, &run)?.len() as u64;
    let mut ours = || Sample::time(count as u64, || lane.seal(black_box(&head), black_box(&run)));
    let mut theirs = || {
        Sample::time(count as u64, || {
            let events = run.entries.iter();
            let sealed = events.map(|event| singly.seal(black_box(&event.entry)));
            sealed.collect::<Result<Vec<_>, _>>()
        })
    };
    let pairs = interleaved(&plan.pace(), &mut ours, &mut theirs)?;
    let how = format!(
        "One thread. Ours: Sealer::entries of {count} entries of {ENTRY_BYTES} bytes to one \
         envelope; the chain over them is known, as it is when an outbox hands them out. Theirs: \
         for each event one Ed25519 signature over its bytes and one XChaCha20-Poly1305 seal, no \
         header, no chain. Both are inside an epoch; the two take turns 8 times in each round."
    );
    let sizes = [
        ("envelope_bytes", envelope_bytes),
        ("envelope_events", count as u64),
        ("event_bytes", ENTRY_BYTES as u64),
    ];
    Figure::pair(how, &sizes, &pairs).ok_or_else(|| "no round was measured".into())
}
