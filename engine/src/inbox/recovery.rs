//! What a space told a peer in a life whose end it lost, coming back from that peer.
//!
//! It is proven as everything is: by the signed part of the envelope that carried it, which here is
//! the space's own, and by the chain from the last entry that was kept.

use super::Admitted;
use crate::trust::certificate::Keys;
use schema::hash::{Hash, chain_next};
use schema::id::{EntryId, Incarnation, LinkId, LinkSeq, SpaceId};
use schema::latest::{EnvelopeHeader, EnvelopeKind, Mirrored, Record, Returned};
use schema::v1::envelope::signed_bytes;

/// How long the first answer is waited for, in milliseconds; each time twice as long.
const ASK_AGAIN_MS_MIN: u64 = 1_000;

/// How long an answer is waited for at the most, in milliseconds.
const ASK_AGAIN_MS_MAX: u64 = 60_000;

/// How long the entries of a peer that is connected wait for what it gives back, in milliseconds.
const PATIENCE_MS: u64 = 60_000;

/// What comes back over one link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recovery {
    incarnation: Incarnation,
    /// The last entry that is here, and c there.
    at: (LinkSeq, Hash),
    /// Whether the peer has nothing more; not known after a start.
    done: bool,
    ask_at_ms: u64,
    ask_delay_ms: u64,
    /// Whether the peer was taken at its word since the log lives on: then nothing waits any more.
    went_on: bool,
    /// Since when the peer, connected as it is, could have given something back.
    could_ms: Option<u64>,
}

impl Recovery {
    /// Nothing came back yet beyond what was kept.
    #[must_use]
    pub const fn new(incarnation: Incarnation, at: LinkSeq, chain: Hash) -> Self {
        Self {
            incarnation,
            at: (at, chain),
            done: false,
            ask_at_ms: 0,
            ask_delay_ms: ASK_AGAIN_MS_MIN,
            went_on: false,
            could_ms: None,
        }
    }

    /// The life and the last entry that is here.
    #[must_use]
    pub const fn reached(&self) -> (Incarnation, LinkSeq) {
        (self.incarnation, self.at.0)
    }

    /// Whether the peer is to be asked now; it is not asked again for a while.
    pub fn ask(&mut self, now_ms: u64) -> bool {
        let due = !self.done && now_ms >= self.ask_at_ms;
        if due {
            self.ask_at_ms = now_ms + self.ask_delay_ms;
            self.ask_delay_ms = (self.ask_delay_ms * 2).min(ASK_AGAIN_MS_MAX);
        }
        due
    }

    /// When the peer is asked next; never once it has nothing more.
    #[must_use]
    pub fn deadline_ms(&self) -> Option<u64> {
        (!self.done).then_some(self.ask_at_ms)
    }

    /// Whether what the peer says waits: it may answer what this space said and does not know yet.
    /// Not for ever once the peer has answered a hello and still gives nothing back. One that is
    /// reached by hand gives it back with the next medium, whenever that is.
    #[must_use]
    pub fn holds_up(&mut self, answered: bool, now_ms: u64) -> bool {
        if answered {
            self.could_ms = self.could_ms.or(Some(now_ms));
        }
        let patient = self.could_ms.is_none_or(|could| now_ms < could + PATIENCE_MS);
        self.is_awaited() && patient
    }

    /// Whether something may still come back that changes what the peer's words mean here.
    #[must_use]
    pub const fn is_awaited(&self) -> bool {
        !self.done && !self.went_on
    }

    /// An entry that the peer wrote is in the log, behind the beginning of this life.
    pub(crate) const fn go_on(&mut self) {
        self.went_on = true;
    }

    /// Whether the peer has nothing more.
    #[must_use]
    pub const fn is_done(&self) -> bool {
        self.done
    }

    /// Takes an answer: records that may be appended, if it brings any that follow. None if it
    /// proves nothing: it is of another life, does not follow, or nobody here signed it.
    pub fn admit(
        &mut self,
        me: &Keys,
        peer: SpaceId,
        link: LinkId,
        returned: Returned,
    ) -> Option<Admitted> {
        if returned.incarnation != self.incarnation {
            return None;
        }
        let Some((evidence, entries)) = returned.run else {
            self.done = true;
            return Some(Admitted { records: Vec::new() });
        };
        let header = EnvelopeHeader::read(&evidence.header).ok()?;
        let ours = header.kind == EnvelopeKind::Entries
            && header.origin == me.space()
            && header.recipient == peer
            && header.link == link
            && header.incarnation == self.incarnation;
        let message = signed_bytes(&evidence.header, &evidence.body_hash);
        let key = me.signing(header.origin_key)?;
        if !ours || !key.verifies(&message, &evidence.signature) {
            return None;
        }
        let first = (header.last().0 + 1).checked_sub(entries.len() as u64)?;
        if first != self.at.0.0 + 1 || first < header.first.0 {
            return None;
        }
        let mut records = vec![Record::Evidence(evidence)];
        let mut chain = self.at.1;
        for (number, carried) in (first..).map(LinkSeq).zip(entries) {
            let commit = carried.commit();
            chain = chain_next(&chain, number, &carried.incarnation, carried.position, &commit);
            let id = EntryId {
                origin: me.space(),
                incarnation: carried.incarnation,
                position: carried.position,
            };
            records.push(Record::Mirrored(Mirrored {
                id,
                link,
                link_incarnation: self.incarnation,
                link_seq: number,
                salt: carried.salt,
                entry: carried.entry,
            }));
        }
        if chain != header.chain_after {
            return None;
        }
        self.done = header.last() >= returned.newest;
        (self.ask_at_ms, self.ask_delay_ms) = (0, ASK_AGAIN_MS_MIN);
        Some(Admitted { records })
    }

    /// Counts an entry that came back and is in the log.
    pub(crate) fn advance(&mut self, mirrored: &Mirrored) {
        let (number, id) = (mirrored.link_seq, &mirrored.id);
        let (before, commit) = (self.at.1, mirrored.commit());
        let chain = chain_next(&before, number, &id.incarnation, id.position, &commit);
        self.at = (number, chain);
    }
}
