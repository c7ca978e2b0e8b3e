//! A stick: envelopes of one space for one peer, made at one moment and brought whenever somebody
//! comes by.

use crate::world::World;
use schema::id::LinkSeq;
use schema::latest::{Envelope, EnvelopeKind, Piece};
use schema::limits::PIECE_BYTES_MAX;

/// What one export holds, in its order.
#[derive(Debug, Clone)]
pub struct Stick {
    /// Who made it.
    pub from: usize,
    /// For whom.
    pub to: usize,
    /// The envelopes.
    pub envelopes: Vec<Vec<u8>>,
}

impl World {
    /// Makes a stick, as `courier export` does: signals, entries, then packages.
    ///
    /// # Panics
    /// When the log cannot be read.
    pub fn export(&mut self, from: usize, to: usize) -> Stick {
        let peer = self.sites[to].id;
        let mut envelopes = Vec::new();
        let site = &mut self.sites[from];
        let Some(space) = &mut site.space else { return Stick { from, to, envelopes } };
        let Some(lendable) = space.engine().lendable(&peer) else {
            return Stick { from, to, envelopes };
        };
        envelopes.extend(space.lend_signals(&peer).expect("a log"));
        let mut after: LinkSeq = lendable.acknowledged;
        while let Some((last, envelope)) = space.lend_entries(&peer, after).expect("a log") {
            envelopes.push(envelope);
            after = last;
        }
        for (object, size) in lendable.objects {
            for offset in (0..size.max(1)).step_by(PIECE_BYTES_MAX) {
                let piece: Option<Piece> = site.store.piece(object, offset);
                envelopes.extend(piece.and_then(|piece| space.lend_piece(&peer, &piece)));
            }
        }
        Stick { from, to, envelopes }
    }

    /// Takes a stick in, as `courier import` does: keys in a turn of their own, everything but
    /// packages in one, then one piece after the other.
    ///
    /// # Panics
    /// When a log fails.
    pub fn import(&mut self, stick: &Stick) {
        let kind = |bytes: &Vec<u8>| Envelope::read(bytes).expect("whole").header.kind;
        let (mut keys, mut others, mut pieces) = (Vec::new(), Vec::new(), Vec::new());
        for envelope in &stick.envelopes {
            let heap = match kind(envelope) {
                EnvelopeKind::Keys => &mut keys,
                EnvelopeKind::Piece => &mut pieces,
                EnvelopeKind::Entries
                | EnvelopeKind::Ack
                | EnvelopeKind::Beat
                | EnvelopeKind::Hello
                | EnvelopeKind::Want
                | EnvelopeKind::Reclaim
                | EnvelopeKind::Returned
                | EnvelopeKind::Join => &mut others,
            };
            heap.push(envelope.clone());
        }
        for batch in [keys, others].into_iter().chain(pieces.into_iter().map(|one| vec![one])) {
            for envelope in batch {
                self.receive(stick.to, envelope);
            }
            // The store answers, and the next piece finds its place.
            self.run(1);
        }
    }
}
