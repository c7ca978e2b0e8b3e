//! What a medium takes along for one peer: the same envelopes as on a wire, made for whoever comes.
//!
//! A peer that is reached by hand only never answers a hello in time. So nothing is waited for
//! here: a person decided that it may go, and compares the head if there is doubt.

use super::Engine;
use crate::outbox::Outgoing;
use crate::step::Effect;
use schema::bytes::Writer;
use schema::hash::Hash;
use schema::id::{LinkId, LinkSeq, ObjectId, SpaceId};
use schema::latest::{EnvelopeKind, Piece, Reclaim, Want};
use schema::limits::{PIECE_BYTES_MAX, WANT_PIECES_MAX};
use std::collections::BTreeMap;

/// Objects that one peer asked for and that are remembered, at the most.
const ASKED_MAX: usize = 256;

/// Wants that a medium takes along for one object, at the most: 2 MiB each.
const WANTS_MAX: u64 = 4;

/// What there is for a peer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lendable {
    /// The link.
    pub link: LinkId,
    /// What the peer is known to have.
    pub acknowledged: LinkSeq,
    /// The newest entry for it, and c there.
    pub newest: (LinkSeq, Hash),
    /// Objects that it may lack, with their sizes.
    pub objects: BTreeMap<ObjectId, u64>,
    /// Size, root and time of the newest checkpoint.
    pub checkpoint: (u64, Hash, u64),
}

impl Engine {
    /// What there is for a peer; none if it is no peer, or nothing goes to it.
    #[must_use]
    pub fn lendable(&self, peer: &SpaceId) -> Option<Lendable> {
        let known = self.state.links.peer(peer).filter(|known| !known.frozen)?;
        let traffic = self.traffic.get(&known.link).filter(|_| !self.is_read_only())?;
        let asked = self.asked.get(peer);
        let mut objects = BTreeMap::new();
        for (_, release) in self.state.releases.all() {
            let Some(promotion) = release.promotions.get(peer) else { continue };
            // Who reports a deployment has the packages; who lacks one again asks for it.
            let reported = release.reported.keys().any(|(space, _)| space == peer);
            let waits = !reported && !matches!(promotion.answer, Some(Err(_)));
            for package in release.packages_for(peer) {
                if waits || asked.is_some_and(|asked| asked.contains(&package.object)) {
                    objects.insert(package.object, package.size);
                }
            }
        }
        Some(Lendable {
            link: known.link,
            acknowledged: traffic.outbox.acknowledged(),
            newest: (traffic.outbox.newest(), traffic.outbox.chain()),
            objects,
            checkpoint: self.checkpoint,
        })
    }

    /// The newest keys, where this space is and what it has, what it lacks, and what it lost:
    /// envelopes that go before all others.
    pub fn lend_signals(&mut self, peer: &SpaceId) -> Vec<Effect> {
        let Some(link) = self.lendable(peer).map(|lendable| lendable.link) else {
            return Vec::new();
        };
        let mut lent = Vec::new();
        lent.extend(self.statements(link, 1).and_then(|told| {
            let mut body = Writer::new();
            told.write(&mut body);
            self.sealed(link, EnvelopeKind::Keys, body)
        }));
        let Some(traffic) = self.traffic.get_mut(&link) else { return lent };
        let mut body = Writer::new();
        let answered = traffic.outbox.answered();
        traffic.signals.beat(false, answered, true, self.now).write(&mut body);
        traffic.inbox.ack(traffic.signals.heard()).write(&mut body);
        lent.extend(self.sealed(link, EnvelopeKind::Hello, body));
        for want in self.lacking(peer) {
            let mut body = Writer::new();
            body.fixed(&want.write());
            lent.extend(self.sealed(link, EnvelopeKind::Want, body));
        }
        let recovery = self.traffic.get(&link).and_then(|traffic| traffic.recovery.as_ref());
        if let Some(recovery) = recovery.filter(|recovery| !recovery.is_done()) {
            let (incarnation, after) = recovery.reached();
            let mut body = Writer::new();
            body.fixed(&Reclaim { incarnation, after }.write());
            lent.extend(self.sealed(link, EnvelopeKind::Reclaim, body));
        }
        lent
    }

    /// The run of entries that follows `after`, as far as one envelope goes.
    #[must_use]
    pub fn lend_run(&self, peer: &SpaceId, after: LinkSeq) -> Option<(LinkId, Outgoing)> {
        let link = self.lendable(peer)?.link;
        let run = self.traffic.get(&link)?.outbox.lend(after)?;
        Some((link, run))
    }

    /// An envelope of one piece of an object that the peer may have.
    pub fn lend_piece(&mut self, peer: &SpaceId, piece: &Piece) -> Option<Effect> {
        let lendable = self.lendable(peer)?;
        lendable.objects.contains_key(&piece.object).then_some(())?;
        let mut body = Writer::new();
        body.fixed(&piece.write());
        self.sealed(lendable.link, EnvelopeKind::Piece, body)
    }

    /// What this space still needs from a peer, from where it stopped.
    fn lacking(&self, peer: &SpaceId) -> Vec<Want> {
        let mut wants = Vec::new();
        for (object, have, size) in self.fetches.lacking(peer) {
            let piece = PIECE_BYTES_MAX as u64;
            let first = have / piece;
            let pieces = size.div_ceil(piece).max(1).saturating_sub(first);
            let run = WANT_PIECES_MAX as u64;
            for begin in (0..pieces).step_by(WANT_PIECES_MAX).take(WANTS_MAX as usize) {
                let end = pieces.min(begin + run);
                let offsets = (begin..end).map(|at| (first + at) * piece).collect();
                wants.push(Want { object, offsets });
            }
        }
        wants
    }

    /// Remembers that a peer asked for an object: the next medium takes it along.
    pub(super) fn note_asked(&mut self, peer: SpaceId, object: ObjectId) {
        let asked = self.asked.entry(peer).or_default();
        if asked.len() < ASKED_MAX {
            asked.insert(object);
        }
    }
}
