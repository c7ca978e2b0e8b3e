//! The outbox of one link: an index from LinkSeq to Position, what was acknowledged, and what to
//! send next. It holds no payloads and is rebuilt from the log.

mod flight;
#[cfg(test)]
mod tests;

use flight::Flight;
use schema::hash::{Hash, chain_next, chain_start};
use schema::id::{Incarnation, LinkId, LinkSeq, Position, SpaceId};
use schema::latest::{Ack, Carried};
use schema::limits::{
    ENVELOPE_BYTES_SOFT, ENVELOPE_ENTRIES_MAX, ENVELOPE_FRAME_BYTES_MAX, IN_FLIGHT_BYTES_MAX,
    IN_FLIGHT_ENTRIES_MAX, RESEND_MS_MAX, RESEND_MS_MIN,
};
use schema::v1::event::Cut;

/// A run of entries to be sent: where they are in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// LinkSeq of the first.
    pub first: LinkSeq,
    /// c before the first.
    pub chain_before: Hash,
    /// c after the last.
    pub chain_after: Hash,
    /// Their Positions.
    pub positions: Vec<Position>,
}

/// What an ack did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Acknowledged {
    /// It was taken into account, or was older than what is known.
    Taken,
    /// It is about another incarnation.
    Foreign,
    /// The peer has what this log does not have, or has something else: this log was rolled back.
    RolledBack,
}

/// One direction of a link, away from here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outbox {
    incarnation: Incarnation,
    /// Position of each entry and the bytes of all entries up to it, from LinkSeq 1.
    index: Vec<(Position, u64)>,
    /// c(0), c(1), ...
    chain: Vec<Hash>,
    /// The entries whole, while a log is told of which it is known that it will begin another life:
    /// then all of them follow in that life.
    told: Option<Vec<Told>>,
    flight: Flight,
}

/// An entry, as the chain of another life needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Told {
    incarnation: Incarnation,
    position: Position,
    size: usize,
    commit: Hash,
}

impl Outbox {
    /// The empty outbox of a link.
    #[must_use]
    pub fn new(
        origin: SpaceId,
        recipient: SpaceId,
        link: LinkId,
        incarnation: Incarnation,
    ) -> Self {
        let start = chain_start(&origin, &recipient, &link, &incarnation);
        Self {
            incarnation,
            index: Vec::new(),
            chain: vec![start],
            told: None,
            flight: Flight::new(),
        }
    }

    /// The newest entry.
    #[must_use]
    pub const fn newest(&self) -> LinkSeq {
        LinkSeq(self.index.len() as u64)
    }

    /// c at the newest entry.
    #[must_use]
    pub fn chain(&self) -> Hash {
        self.chain.last().copied().unwrap_or_default()
    }

    /// What is durable at the peer.
    #[must_use]
    pub const fn acknowledged(&self) -> LinkSeq {
        self.flight.acknowledged
    }

    /// What is folded at the peer.
    #[must_use]
    pub const fn applied(&self) -> LinkSeq {
        self.flight.applied
    }

    /// Whether the peer answered since this process started.
    #[must_use]
    pub const fn answered(&self) -> bool {
        self.flight.answered
    }

    /// Whether the peer has more than this log; nothing is sent any more.
    #[must_use]
    pub const fn rolled_back(&self) -> bool {
        self.flight.rolled_back
    }

    /// The newest schema that the peer has said it understands, since this process started; 0
    /// before it answered. An ack that says less takes nothing back.
    #[must_use]
    pub const fn understood(&self) -> u16 {
        self.flight.understood
    }

    /// The carrier takes no larger envelopes: they are closed earlier where that is less than
    /// usual. One entry always goes alone, however large.
    pub(crate) fn carry(&mut self, envelope_bytes_max: usize) {
        let entries = envelope_bytes_max.saturating_sub(ENVELOPE_FRAME_BYTES_MAX);
        self.flight.envelope_bytes = entries.min(ENVELOPE_BYTES_SOFT);
    }

    /// A connection begins: what may have been lost with the one before is sent again soon.
    pub(crate) fn connected(&mut self, now_ms: u64) {
        self.flight.retry_delay_ms = RESEND_MS_MIN;
        self.flight.retry_at_ms = self.flight.retry_at_ms.min(now_ms + RESEND_MS_MIN);
    }

    /// What a log alone gives: the same outbox as after a start.
    #[must_use]
    pub fn durable(&self) -> Self {
        Self { flight: Flight::new(), ..self.clone() }
    }

    /// Adds an entry of this log whose audience is the link.
    pub(crate) fn push(
        &mut self,
        incarnation: Incarnation,
        position: Position,
        size: usize,
        commit: &Hash,
    ) {
        let number = self.newest().next();
        if let Some(told) = &mut self.told {
            told.push(Told { incarnation, position, size, commit: *commit });
        }
        let next = chain_next(&self.chain(), number, &incarnation, position, commit);
        let bytes = self.bytes_to(self.newest()) + (size + Carried::FRAME) as u64;
        self.index.push((position, bytes));
        self.chain.push(next);
    }

    /// Keeps entries whole from now on, for another life that comes.
    pub(crate) fn remember(&mut self) {
        self.told = Some(Vec::new());
    }

    /// Another life begins with this entry, and everything that was told before follows.
    pub(crate) fn begin(
        &mut self,
        (origin, recipient, link): (SpaceId, SpaceId, LinkId),
        incarnation: Incarnation,
        (position, size, commit): (Position, usize, &Hash),
    ) {
        let before = self.told.take().unwrap_or_default();
        *self = Self::new(origin, recipient, link, incarnation);
        self.remember();
        self.push(incarnation, position, size, commit);
        for entry in before {
            self.push(entry.incarnation, entry.position, entry.size, &entry.commit);
        }
    }

    /// Forgets what [`Self::remember`] kept; the log is told to its end.
    pub(crate) fn told(&mut self) {
        self.told = None;
    }

    /// The incarnation that is told.
    #[must_use]
    pub const fn incarnation(&self) -> Incarnation {
        self.incarnation
    }

    /// The last entry that was written up to `position`, and c there.
    pub(crate) fn place(&self, position: Position) -> Cut {
        // What follows from earlier lives stands at lower Positions than the entry that begins this
        // one, and before everything that was written in it.
        let after = self.index.iter().rposition(|(at, _)| *at <= position);
        let count = after.map_or(0, |at| at + 1);
        let chain = self.chain.get(count).copied().unwrap_or_default();
        Cut { incarnation: self.incarnation, at: LinkSeq(count as u64), chain }
    }

    /// Whoever claimed more than this log may have had it from somebody else who had a key.
    pub(crate) fn forgive(&mut self) {
        self.flight.rolled_back = false;
    }

    /// Takes an ack into account. `start` is this process's own; only an ack that echoes it
    /// answers a hello, and only with a newer echo may *acknowledged* fall, because the peer was
    /// restored. `lives` are all of this log; `misled` tells that the peer does not know yet that
    /// a key of this space was revoked: it may have what somebody else wrote.
    pub fn acknowledge(
        &mut self,
        ack: &Ack,
        start: &[u8; 16],
        lives: &[Incarnation],
        misled: bool,
        now_ms: u64,
    ) -> Acknowledged {
        let fresh = ack.echo.start == *start;
        let earlier = lives.contains(&ack.incarnation) && ack.incarnation != self.incarnation;
        if ack.acknowledged.0 > 0 && !earlier {
            if ack.incarnation != self.incarnation {
                // A life that this log does not know: it is an older copy than the peer has seen.
                let rolled_back = fresh && !misled;
                self.flight.rolled_back |= rolled_back;
                return if rolled_back { Acknowledged::RolledBack } else { Acknowledged::Foreign };
            }
            let known = usize::try_from(ack.acknowledged.0).ok().and_then(|at| self.chain.get(at));
            // What waits there for something earlier was told by this log as well.
            let waits = ack.ranges.last().is_some_and(|(_, last)| *last > self.newest());
            if known != Some(&ack.chain) || waits {
                let rolled_back = fresh && !misled;
                self.flight.rolled_back |= rolled_back;
                return if rolled_back { Acknowledged::RolledBack } else { Acknowledged::Foreign };
            }
        }
        // A peer that still follows an earlier life has nothing of this one.
        let (acknowledged, applied) =
            if earlier { (LinkSeq(0), LinkSeq(0)) } else { (ack.acknowledged, ack.applied) };
        let flight = &mut self.flight;
        let newer = fresh && ack.echo.count > flight.echo;
        if fresh {
            flight.answered = true;
            flight.echo = flight.echo.max(ack.echo.count);
            flight.understood = flight.understood.max(ack.schema);
        }
        let risen = acknowledged > flight.acknowledged;
        let fallen = newer && acknowledged < flight.acknowledged;
        if risen || fallen {
            flight.acknowledged = acknowledged;
            // What a restored peer lost is sent again; at once only once in a while, or a peer
            // whose acks rise and fall would make this side send all of it with each.
            if fallen && now_ms >= flight.fall_at_ms {
                flight.sent = acknowledged;
                flight.fall_at_ms = now_ms + RESEND_MS_MIN;
            }
            flight.sent = flight.sent.max(acknowledged);
            flight.retry_delay_ms = RESEND_MS_MIN;
            flight.retry_at_ms = now_ms + RESEND_MS_MIN;
        }
        // Acks overtake each other: an old one takes nothing back.
        if newer || applied > flight.applied {
            flight.applied = applied;
        }
        if !earlier {
            self.note_holes(ack, now_ms);
        }
        Acknowledged::Taken
    }

    /// What lies between the ranges that the peer has is sent again, at most once a while.
    fn note_holes(&mut self, ack: &Ack, now_ms: u64) {
        let flight = &mut self.flight;
        if ack.ranges.is_empty() || now_ms < flight.holes_at_ms {
            return;
        }
        flight.holes_at_ms = now_ms + RESEND_MS_MIN / 4;
        flight.holes.clear();
        let mut from = ack.acknowledged.next();
        for (first, last) in &ack.ranges {
            if *last > flight.sent {
                break;
            }
            flight.holes.push_back((from, LinkSeq(first.0 - 1)));
            from = last.next();
        }
    }

    /// The next run to send, if one is due: a hole first, then what was never sent, and after a
    /// silence everything that is not acknowledged.
    pub fn next(&mut self, now_ms: u64) -> Option<Outgoing> {
        if !self.flight.answered || self.flight.rolled_back {
            return None;
        }
        let newest = self.newest();
        if let Some((first, last)) = self.flight.holes.pop_front() {
            let first = first.max(self.flight.acknowledged.next());
            if first <= last {
                let run = self.run(first, last);
                let end = LinkSeq(first.0 + run.positions.len() as u64);
                if end <= last {
                    self.flight.holes.push_front((end, last));
                }
                return Some(run);
            }
        }
        let flight = &mut self.flight;
        if flight.acknowledged < flight.sent && now_ms >= flight.retry_at_ms {
            flight.sent = flight.acknowledged;
            flight.retry_delay_ms = (flight.retry_delay_ms * 2).min(RESEND_MS_MAX);
            flight.retry_at_ms = now_ms + flight.retry_delay_ms;
        }
        let (acknowledged, sent) = (flight.acknowledged, flight.sent);
        let bytes = self.bytes_to(sent).saturating_sub(self.bytes_to(acknowledged));
        let full = sent.0 >= acknowledged.0 + IN_FLIGHT_ENTRIES_MAX || bytes >= IN_FLIGHT_BYTES_MAX;
        if sent >= newest || full {
            return None;
        }
        let flight = &mut self.flight;
        if flight.acknowledged == flight.sent {
            flight.retry_at_ms = now_ms + flight.retry_delay_ms;
        }
        let run = self.run(self.flight.sent.next(), newest);
        self.flight.sent = LinkSeq(run.first.0 + run.positions.len() as u64 - 1);
        Some(run)
    }

    /// The run of entries after `after`, as far as one envelope goes, whoever answered; none if
    /// there are no more. What is under way stays as it is.
    #[must_use]
    pub fn lend(&self, after: LinkSeq) -> Option<Outgoing> {
        (after < self.newest()).then(|| self.run(after.next(), self.newest()))
    }

    /// When something is due that is not due now; none while nothing waits.
    #[must_use]
    pub fn deadline_ms(&self) -> Option<u64> {
        let flight = &self.flight;
        let waits = flight.answered && !flight.rolled_back && flight.acknowledged < flight.sent;
        waits.then_some(flight.retry_at_ms)
    }

    /// Bytes of all entries up to this one, each with its frame.
    fn bytes_to(&self, number: LinkSeq) -> u64 {
        let before = usize::try_from(number.0).ok().and_then(|count| count.checked_sub(1));
        before.and_then(|at| self.index.get(at)).map_or(0, |(_, bytes)| *bytes)
    }

    /// The entries from `first` on, to `last` at the most, that fit into one envelope.
    fn run(&self, first: LinkSeq, last: LinkSeq) -> Outgoing {
        let start = (first.0 - 1) as usize;
        let before = self.bytes_to(LinkSeq(first.0 - 1));
        let mut positions = Vec::new();
        for (position, to) in &self.index[start..last.0 as usize] {
            let full = positions.len() == ENVELOPE_ENTRIES_MAX;
            let large = to - before > self.flight.envelope_bytes as u64;
            if full || (large && !positions.is_empty()) {
                break;
            }
            positions.push(*position);
        }
        let end = start + positions.len();
        Outgoing { first, chain_before: self.chain[start], chain_after: self.chain[end], positions }
    }
}
