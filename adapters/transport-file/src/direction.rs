//! What the headers of envelopes say without any key: who, how much, from where to where.

use crate::ranges::Ranges;
use schema::id::{Incarnation, LinkId, LinkSeq, SpaceId};
use schema::latest::{EnvelopeHeader, EnvelopeKind};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// Envelopes of one direction of a link, in one incarnation of the origin's log. None of it was
/// verified.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Direction {
    /// The origin.
    pub from: SpaceId,
    /// The recipient.
    pub to: SpaceId,
    /// The link.
    pub link: LinkId,
    /// The incarnation of the origin's log.
    pub incarnation: Incarnation,
    /// Envelopes of each kind, by its name.
    pub kinds: BTreeMap<&'static str, u64>,
    /// The LinkSeqs of the entries in them.
    pub entries: Ranges,
    /// The newest LinkSeq that the origin says it has.
    pub newest: LinkSeq,
    /// The oldest LinkSeq that the origin says it can send again.
    pub oldest: LinkSeq,
    /// The size of the origin's log in its newest checkpoint.
    pub checkpoint_size: u64,
    /// The origin's time of that checkpoint, in milliseconds since 1970.
    pub checkpoint_time_ms: u64,
    /// Envelopes.
    pub envelopes: u64,
    /// Bytes of the envelopes.
    pub bytes: u64,
    /// Of these, bytes of envelopes that carry pieces of packages.
    pub piece_bytes: u64,
    /// Numbers of the origin's key statements whose keys should have signed.
    pub origin_keys: BTreeSet<u32>,
    /// Numbers of the recipient's key statements to whose keys they are sealed.
    pub recipient_keys: BTreeSet<u32>,
}

/// What makes envelopes belong to one direction.
pub(crate) type Key = (SpaceId, SpaceId, LinkId, Incarnation);

impl Direction {
    fn new(header: &EnvelopeHeader) -> Self {
        Self {
            from: header.origin,
            to: header.recipient,
            link: header.link,
            incarnation: header.incarnation,
            kinds: BTreeMap::new(),
            entries: Ranges::default(),
            newest: header.newest,
            oldest: header.oldest,
            checkpoint_size: header.checkpoint_size,
            checkpoint_time_ms: header.checkpoint_time_ms,
            envelopes: 0,
            bytes: 0,
            piece_bytes: 0,
            origin_keys: BTreeSet::new(),
            recipient_keys: BTreeSet::new(),
        }
    }

    pub(crate) const fn key(&self) -> Key {
        (self.from, self.to, self.link, self.incarnation)
    }

    /// LinkSeqs between those that are here: first and last of each gap.
    #[must_use]
    pub fn gaps(&self) -> Vec<(u64, u64)> {
        self.entries.gaps()
    }

    /// Counts an envelope.
    fn add(&mut self, header: &EnvelopeHeader) {
        let bytes = header.envelope_length() as u64;
        *self.kinds.entry(name(header.kind)).or_default() += 1;
        if header.count > 0 {
            let behind_first = u64::from(header.count) - 1;
            self.entries.insert(header.first.0, header.first.0.saturating_add(behind_first));
        }
        self.envelopes += 1;
        self.bytes += bytes;
        if header.kind == EnvelopeKind::Piece {
            self.piece_bytes += bytes;
        }
        self.origin_keys.insert(header.origin_key);
        self.recipient_keys.insert(header.recipient_key);
        let checkpoint = (header.checkpoint_size, header.checkpoint_time_ms);
        self.rise(header.newest, header.oldest, checkpoint);
    }

    /// Adds what another part holds of the same direction.
    fn absorb(&mut self, other: &Self) {
        for (name, count) in &other.kinds {
            *self.kinds.entry(name).or_default() += count;
        }
        self.entries.absorb(&other.entries);
        self.envelopes += other.envelopes;
        self.bytes += other.bytes;
        self.piece_bytes += other.piece_bytes;
        self.origin_keys.extend(&other.origin_keys);
        self.recipient_keys.extend(&other.recipient_keys);
        let checkpoint = (other.checkpoint_size, other.checkpoint_time_ms);
        self.rise(other.newest, other.oldest, checkpoint);
    }

    /// What only ever grows in one incarnation.
    fn rise(&mut self, newest: LinkSeq, oldest: LinkSeq, checkpoint: (u64, u64)) {
        self.newest = self.newest.max(newest);
        self.oldest = self.oldest.max(oldest);
        if checkpoint.0 >= self.checkpoint_size {
            (self.checkpoint_size, self.checkpoint_time_ms) = checkpoint;
        }
    }
}

/// What the headers say, for each direction of each link and each incarnation of its origin.
#[must_use]
pub fn inspect<'a>(headers: impl IntoIterator<Item = &'a EnvelopeHeader>) -> Vec<Direction> {
    let mut directions: BTreeMap<Key, Direction> = BTreeMap::new();
    for header in headers {
        let key = (header.origin, header.recipient, header.link, header.incarnation);
        directions.entry(key).or_insert_with(|| Direction::new(header)).add(header);
    }
    directions.into_values().collect()
}

/// The same from what was said of each part.
pub(crate) fn merge<'a>(said: impl IntoIterator<Item = &'a Direction>) -> Vec<Direction> {
    let mut directions: BTreeMap<Key, Direction> = BTreeMap::new();
    for direction in said {
        match directions.get_mut(&direction.key()) {
            Some(known) => known.absorb(direction),
            None => {
                directions.insert(direction.key(), direction.clone());
            }
        }
    }
    directions.into_values().collect()
}

/// What a kind of envelope is called.
const fn name(kind: EnvelopeKind) -> &'static str {
    match kind {
        EnvelopeKind::Entries => "entries",
        EnvelopeKind::Ack => "ack",
        EnvelopeKind::Beat => "beat",
        EnvelopeKind::Hello => "hello",
        EnvelopeKind::Want => "want",
        EnvelopeKind::Piece => "piece",
        EnvelopeKind::Keys => "keys",
        EnvelopeKind::Reclaim => "reclaim",
        EnvelopeKind::Returned => "returned",
        EnvelopeKind::Join => "join",
    }
}
