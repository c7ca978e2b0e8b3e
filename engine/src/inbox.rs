//! From [`Verified`] to [`Admitted`]: duplicates, gaps and contradictions of one link.
//!
//! The link is dense, so the only question is whether an envelope begins at or before the next
//! number. What lies beyond is held back within bounds, or sent again later.

pub mod recovery;
mod succession;
pub mod verdict;

use crate::trust::door::{Content, Verified, chain_over};
use crate::trust::refusal::Refusal;
use schema::hash::{Hash, chain_next, chain_start};
use schema::id::{EntryId, Incarnation, LinkId, LinkSeq, Position, SpaceId};
use schema::latest::{Ack, Carried, Mark, Mirrored, Record};
use schema::limits::{
    ACK_RANGES_MAX, ENVELOPE_BYTES_MAX, HOLD_BACK_BYTES_MAX, HOLD_BACK_ENVELOPES_MAX,
};
use std::collections::BTreeMap;

/// The schema that this build understands; sent in every ack.
pub const SCHEMA: u16 = 1;

/// Records that may be appended: the evidence, then the entries that it proves. There is no other
/// way for a stranger's bytes into the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Admitted {
    records: Vec<Record>,
}

impl Admitted {
    /// The records, in the order in which they are appended.
    #[must_use]
    pub fn into_records(self) -> Vec<Record> {
        self.records
    }
}

/// What became of an envelope of entries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Admission {
    /// It brings new entries.
    Admitted(Admitted),
    /// All of it is here already.
    Duplicate,
    /// Something before it is missing; it is held back.
    Gap,
    /// Something before it is missing, and there is no room to hold it back.
    Overflow,
    /// It is not admitted.
    Refused(Refusal),
    /// It says something else than its origin said before, from this number on at the latest.
    Contradiction(LinkSeq, Box<Verified>),
}

/// One direction of a link, towards here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inbox {
    origin: SpaceId,
    recipient: SpaceId,
    link: LinkId,
    incarnation: Option<Incarnation>,
    /// Where in this log each entry is that follows c(0), c(1), ...
    places: Vec<Position>,
    /// The lives of the origin's log that are over, with the places of their entries.
    retired: Vec<(Incarnation, Vec<Position>)>,
    /// The last entry of each life that was taken: what comes again under its old id is the same.
    seen: BTreeMap<Incarnation, Position>,
    /// c(0), c(1), ... up to the newest durable entry; empty until an incarnation is known.
    chain: Vec<Hash>,
    /// Entries folded, refused or skipped; stays behind from the first held one on.
    applied: LinkSeq,
    /// Entries kept and not folded, because this build is too old for one of them.
    held: u64,
    /// Entries kept and never folded.
    refused: u64,
    /// Entries that somebody else wrote with a key of the peer.
    retracted: u64,
    /// The newest statement of the peer that revokes a key, 0 if none does, and the newest entry
    /// that came before it was known: under suspicion.
    suspected: (u32, LinkSeq),
    held_back: BTreeMap<LinkSeq, Verified>,
    held_back_bytes: usize,
}

impl Inbox {
    /// The empty inbox of a link.
    #[must_use]
    pub const fn new(origin: SpaceId, recipient: SpaceId, link: LinkId) -> Self {
        Self {
            origin,
            recipient,
            link,
            incarnation: None,
            places: Vec::new(),
            retired: Vec::new(),
            seen: BTreeMap::new(),
            chain: Vec::new(),
            applied: LinkSeq(0),
            held: 0,
            refused: 0,
            retracted: 0,
            suspected: (0, LinkSeq(0)),
            held_back: BTreeMap::new(),
            held_back_bytes: 0,
        }
    }

    /// The newest entry that is here.
    #[must_use]
    pub const fn acknowledged(&self) -> LinkSeq {
        LinkSeq(self.chain.len().saturating_sub(1) as u64)
    }

    /// The newest entry that was folded.
    #[must_use]
    pub const fn applied(&self) -> LinkSeq {
        self.applied
    }

    /// Entries kept and not folded, and entries kept and never folded.
    #[must_use]
    pub const fn held_and_refused(&self) -> (u64, u64) {
        (self.held, self.refused)
    }

    /// What awaited a key is refused after all.
    pub(crate) const fn refuse(&mut self) {
        self.refused += 1;
    }

    /// Entries kept and left out of everything, because somebody else wrote them.
    #[must_use]
    pub const fn retracted(&self) -> u64 {
        self.retracted
    }

    /// c at an entry that is here.
    #[must_use]
    pub fn chain_at(&self, number: LinkSeq) -> Option<Hash> {
        self.chain.get(usize::try_from(number.0).ok()?).copied()
    }

    /// Forgets what waits for an earlier envelope: it comes again.
    pub(crate) fn forget_held_back(&mut self) {
        self.held_back.clear();
        self.held_back_bytes = 0;
    }

    /// Forgets every entry after `at`: the peer sends its own ones again. False if none is here.
    pub(crate) fn cut(&mut self, at: LinkSeq) -> bool {
        self.forget_held_back();
        let stays = usize::try_from(at.0).unwrap_or(usize::MAX).saturating_add(1);
        let cuts = self.chain.len() > stays;
        self.chain.truncate(stays);
        self.places.truncate(stays - 1);
        self.applied = self.applied.min(at);
        cuts
    }

    /// The newest statement of the peer that revokes a key, as far as it is known; 0 if none does.
    pub(crate) const fn revoking(&self) -> u32 {
        self.suspected.0
    }

    /// The peer revoked a key: what is here may be somebody else's.
    pub(crate) const fn suspect(&mut self, revoking: u32) {
        self.suspected = (revoking, self.acknowledged());
    }

    /// Whether the entry came before the peer revoked a key.
    pub(crate) fn is_suspect(&self, number: LinkSeq) -> bool {
        number <= self.suspected.1
    }

    /// Envelopes that wait for an earlier one.
    #[must_use]
    pub fn held_back(&self) -> usize {
        self.held_back.len()
    }

    /// The incarnation that is followed.
    #[must_use]
    pub const fn incarnation(&self) -> Option<Incarnation> {
        self.incarnation
    }

    /// What a log alone gives: the same inbox without what is held back.
    #[must_use]
    pub fn durable(&self) -> Self {
        Self { held_back: BTreeMap::new(), held_back_bytes: 0, ..self.clone() }
    }

    /// Decides about an envelope of entries. Nothing changes but what is held back; the records
    /// count once they are folded.
    pub fn admit(&mut self, verified: Verified) -> Admission {
        let header = verified.header();
        if let Some(followed) = self.incarnation.filter(|known| *known != header.incarnation) {
            return self.succeed(followed, &verified);
        }
        let next = self.acknowledged().next();
        if header.first > next {
            return self.hold_back(verified);
        }
        let Content::Entries(entries) = verified.content() else {
            return Admission::Refused(Refusal::Malformed("envelope: entries"));
        };
        let before = self.known(LinkSeq(header.first.0 - 1), header.incarnation);
        if before != Some(header.chain_before) {
            // Where nothing was said before, there is nothing to contradict.
            return if self.chain.is_empty() {
                Admission::Refused(Refusal::BrokenChain)
            } else {
                Admission::Contradiction(header.first, Box::new(verified))
            };
        }
        let chain = chain_over(&header.chain_before, header.first, entries);
        for (number, hash) in (header.first.0..).map(LinkSeq).zip(&chain) {
            if number < next && self.known(number, header.incarnation) != Some(*hash) {
                return Admission::Contradiction(number, Box::new(verified));
            }
        }
        if header.last() < next {
            return Admission::Duplicate;
        }
        let mut records = vec![Record::Evidence(verified.evidence().clone())];
        for (number, carried) in (header.first.0..).map(LinkSeq).zip(entries) {
            if number >= next {
                let incarnation = header.incarnation;
                records.push(Record::Mirrored(self.mirrored(incarnation, number, carried)));
            }
        }
        Admission::Admitted(Admitted { records })
    }

    /// Whether an entry of the origin was taken before, under this id or a later one of that life.
    #[must_use]
    pub fn has_seen(&self, id: &EntryId) -> bool {
        self.seen.get(&id.incarnation).is_some_and(|last| id.position <= *last)
    }

    /// Where in this log the entries of a life of the origin are, from LinkSeq 1 on.
    #[must_use]
    pub fn places(&self, life: &Incarnation) -> &[Position] {
        if self.incarnation.as_ref() == Some(life) {
            return &self.places;
        }
        let retired = self.retired.iter().find(|(known, _)| known == life);
        retired.map_or(&[], |(_, places)| places)
    }

    /// The lives of the origin's log that are over, with the last entry that is here of each.
    pub fn retired(&self) -> impl Iterator<Item = (Incarnation, LinkSeq)> {
        self.retired.iter().map(|(life, places)| (*life, LinkSeq(places.len() as u64)))
    }

    /// The next held-back envelope that fits now.
    pub fn release(&mut self) -> Option<Verified> {
        let next = self.acknowledged().next();
        let (first, _) = self.held_back.first_key_value()?;
        if *first > next {
            return None;
        }
        let (_, verified) = self.held_back.pop_first()?;
        self.held_back_bytes = self.held_back_bytes.saturating_sub(size(&verified));
        Some(verified)
    }

    fn known(&self, number: LinkSeq, incarnation: Incarnation) -> Option<Hash> {
        if self.chain.is_empty() {
            let start = chain_start(&self.origin, &self.recipient, &self.link, &incarnation);
            return (number.0 == 0).then_some(start);
        }
        self.chain.get(usize::try_from(number.0).ok()?).copied()
    }

    fn hold_back(&mut self, verified: Verified) -> Admission {
        let size = size(&verified);
        let first = verified.header().first;
        // Of two that begin at the same number the longer one is worth more.
        let known = self.held_back.get(&first);
        if known.is_some_and(|known| known.header().count >= verified.header().count) {
            return Admission::Gap;
        }
        let freed = known.map_or(0, self::size);
        if (known.is_none() && self.held_back.len() >= HOLD_BACK_ENVELOPES_MAX)
            || self.held_back_bytes - freed + size > HOLD_BACK_BYTES_MAX
        {
            return Admission::Overflow;
        }
        self.held_back_bytes = self.held_back_bytes - freed + size;
        self.held_back.insert(first, verified);
        Admission::Gap
    }

    fn mirrored(&self, incarnation: Incarnation, link_seq: LinkSeq, carried: &Carried) -> Mirrored {
        Mirrored {
            id: carried.id(self.origin),
            link: self.link,
            link_incarnation: incarnation,
            link_seq,
            salt: carried.salt,
            entry: carried.entry.clone(),
        }
    }

    /// Counts a mirrored entry that is in the log at `place`. `folded` tells what became of it.
    pub(crate) fn advance(&mut self, place: Position, mirrored: &Mirrored, folded: Folded) {
        let incarnation = mirrored.link_incarnation;
        if let Some(before) = self.incarnation.filter(|before| *before != incarnation) {
            self.retired.push((before, std::mem::take(&mut self.places)));
            self.chain.clear();
            self.held_back.clear();
            (self.held_back_bytes, self.applied) = (0, LinkSeq(0));
            self.suspected.1 = LinkSeq(0);
        }
        if self.chain.is_empty() {
            self.incarnation = Some(incarnation);
            let start = chain_start(&self.origin, &self.recipient, &self.link, &incarnation);
            self.chain.push(start);
        }
        let last = self.chain.last().copied().unwrap_or_default();
        let (number, id) = (mirrored.link_seq, &mirrored.id);
        let next = chain_next(&last, number, &id.incarnation, id.position, &mirrored.commit());
        self.chain.push(next);
        self.places.push(place);
        if folded != Folded::Retracted && !self.has_seen(id) {
            self.seen.insert(id.incarnation, id.position);
        }
        match folded {
            Folded::Held => self.held += 1,
            Folded::Refused => self.refuse(),
            Folded::Retracted => self.retracted += 1,
            Folded::Done | Folded::Awaiting | Folded::Repeated => {}
        }
        if self.held == 0 {
            self.applied = number;
        }
    }

    /// Whether an entry of this link waits for a newer build.
    #[must_use]
    pub const fn is_held(&self) -> bool {
        self.held > 0
    }

    /// What the peer is told. `echo` is the newest beat that was heard from it.
    #[must_use]
    pub fn ack(&self, echo: Mark) -> Ack {
        let mut ranges: Vec<(LinkSeq, LinkSeq)> = Vec::new();
        for (first, verified) in &self.held_back {
            let last = verified.header().last();
            let full = ranges.len() == ACK_RANGES_MAX;
            match ranges.last_mut() {
                Some((_, end)) if *first <= end.next() => *end = last.max(*end),
                Some(_) | None if full => break,
                Some(_) | None => ranges.push((*first, last)),
            }
        }
        let room = HOLD_BACK_BYTES_MAX.saturating_sub(self.held_back_bytes);
        let places = HOLD_BACK_ENVELOPES_MAX.saturating_sub(self.held_back.len());
        Ack {
            incarnation: self.incarnation.unwrap_or(Incarnation([0; 16])),
            acknowledged: self.acknowledged(),
            chain: self.chain.last().copied().unwrap_or_default(),
            applied: self.applied,
            ranges,
            credit_bytes: room.max(ENVELOPE_BYTES_MAX) as u64,
            credit_envelopes: u32::try_from(places.max(1)).unwrap_or(u32::MAX),
            schema: SCHEMA,
            echo,
        }
    }
}

/// What became of a mirrored entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Folded {
    /// Folded, or skipped because it need not be understood.
    Done,
    /// Kept until a newer build can fold it.
    Held,
    /// Kept until another space has stated the key under which it signed what is passed on.
    Awaiting,
    /// Kept and never folded.
    Refused,
    /// Known under the same id already.
    Repeated,
    /// Kept and left out, because somebody else wrote it.
    Retracted,
}

fn size(verified: &Verified) -> usize {
    verified.header().body_length as usize + verified.evidence().header.len()
}
