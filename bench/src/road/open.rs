//! Opening and verifying: one envelope of many entries, beside one signature and one seal for
//! each event.

use super::Plan;
use crate::Failure;
use crate::entries::ENTRY_BYTES;
use crate::pair::{Sample, interleaved};
use crate::party::{Lane, Party};
use crate::report::Figure;
use crate::singly::Singly;
use engine::trust::door;
use engine::trust::keyring::{Epochs, Keyring};
use schema::id::LinkId;
use std::hint::black_box;

/// Two parties with one direction of a link between them, and the peer with the same keys.
pub(crate) struct Link {
    pub(crate) lane: Lane,
    pub(crate) singly: Singly,
    recipient: Party,
    keyring: Keyring,
}

impl Link {
    pub(crate) fn new() -> Result<Self, Failure> {
        let (origin, recipient) = (Party::new("harbour", 1)?, Party::new("island", 2)?);
        let link = LinkId([7; 32]);
        let mut keyring = Keyring::default();
        keyring.admit(link, origin.keys.clone());
        let singly = Singly::new(&origin, &recipient, link)?;
        let lane = Lane::new(origin, recipient.keys.clone(), link);
        Ok(Self { lane, singly, recipient, keyring })
    }
}

/// Envelopes of `count` entries.
pub(crate) fn measure(plan: &Plan, count: usize) -> Result<Figure, Failure> {
    let Link { mut lane, mut singly, recipient, keyring } = Link::new()?;
    let run = lane.run(count)?;
    let envelope = lane.seal(&lane.head(), &run)?;
    let sealed = run.entries.iter().map(|event| singly.seal(&event.entry));
    let sealed = sealed.collect::<Result<Vec<_>, _>>()?;
    let mut epochs = Epochs::default();
    let me = &recipient.identity;
    let mut ours = || {
        Sample::time(count as u64, || {
            let opened = door::open(black_box(&envelope), me, &keyring, &mut epochs);
            opened.map_err(|refusal| refusal.to_string().into())
        })
    };
    let mut theirs = || {
        Sample::time(count as u64, || {
            let events = sealed.iter().map(|event| singly.open(black_box(event)));
            events.collect::<Result<Vec<_>, _>>()
        })
    };
    let pairs = interleaved(&plan.pace(), &mut ours, &mut theirs)?;
    let how = format!(
        "One thread. Ours: door::open of an envelope of {count} entries of {ENTRY_BYTES} bytes: \
         signature, seal, form, commitment of each entry and the chain over them. Theirs: for each \
         event one XChaCha20-Poly1305 opening and one Ed25519 verify_strict, no header, no chain. \
         Both are inside an epoch that is known; the two take turns 8 times in each round."
    );
    let sizes = [
        ("envelope_bytes", envelope.len() as u64),
        ("envelope_events", count as u64),
        ("event_bytes", ENTRY_BYTES as u64),
    ];
    Figure::pair(how, &sizes, &pairs).ok_or_else(|| "no round was measured".into())
}
