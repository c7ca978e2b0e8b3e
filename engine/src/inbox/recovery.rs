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

/// How long the entries of a peer that is heard wait for what it gives back, in milliseconds.
const PATIENCE_MS: u64 = 60_000;

/// A longer silence of the peer counts as this much waiting, in milliseconds, and it is asked anew
/// after it: nobody may have reached it.
const SILENCE_MS: u64 = 10_000;

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
    /// How long the peer, heard as it was, could have given something back.
    could_ms: u64,
    /// When entries of the peer, which had answered, were held up last.
    heard_ms: Option<u64>,
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
            could_ms: 0,
            heard_ms: None,
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
    /// Not for ever once the peer has answered a hello, is heard and still gives nothing back. One
    /// that is reached by hand gives it back with the next medium, whenever that is.
    #[must_use]
    pub fn holds_up(&mut self, answered: bool, now_ms: u64) -> bool {
        if !self.is_awaited() {
            return false;
        }
        if answered {
            let silent_ms = self.heard_ms.map(|heard| now_ms.saturating_sub(heard));
            if silent_ms.is_none_or(|silent| silent > SILENCE_MS) {
                // What was asked while it was out of reach may be lost, and made the delay long.
                (self.ask_at_ms, self.ask_delay_ms) = (now_ms, ASK_AGAIN_MS_MIN);
            }
            self.could_ms += silent_ms.map_or(0, |silent| silent.min(SILENCE_MS));
            self.heard_ms = Some(now_ms);
        }
        self.could_ms < PATIENCE_MS
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

#[cfg(test)]
mod tests {
    use super::*;

    fn recovery() -> Recovery {
        Recovery::new(Incarnation([1; 16]), LinkSeq(3), [2; 32])
    }

    /// Asked in vain for so long, the delay is as long as it gets.
    fn asked_in_vain(until_ms: u64) -> Recovery {
        let mut recovery = recovery();
        while recovery.deadline_ms().is_some_and(|at| at < until_ms) {
            let at = recovery.deadline_ms().unwrap();
            assert!(recovery.ask(at));
        }
        recovery
    }

    #[test]
    fn a_peer_that_was_out_of_reach_is_asked_as_soon_as_it_is_heard() {
        let mut recovery = asked_in_vain(200_000);
        assert!(!recovery.ask(200_000), "it would be asked much later");
        assert!(recovery.holds_up(true, 200_000));
        assert!(recovery.ask(200_000));
        assert!(recovery.holds_up(true, 200_500));
        assert!(!recovery.ask(200_500), "not with each of its entries");
        assert!(recovery.ask(200_000 + ASK_AGAIN_MS_MIN));
    }

    #[test]
    fn a_silence_is_no_waiting_and_the_peer_is_asked_anew_after_it() {
        let mut recovery = recovery();
        for round in 1..=PATIENCE_MS / SILENCE_MS {
            let now_ms = round * 10 * PATIENCE_MS;
            assert!(recovery.holds_up(true, now_ms), "round {round}");
            assert!(recovery.ask(now_ms), "round {round}");
        }
        assert!(!recovery.holds_up(true, 100 * PATIENCE_MS), "but not for ever");
        assert!(recovery.deadline_ms().is_some(), "it is asked all the same");
    }

    #[test]
    fn a_peer_that_is_heard_and_gives_nothing_back_holds_up_its_entries_for_a_minute() {
        let mut recovery = recovery();
        for now_ms in (5_000..65_000).step_by(1_000) {
            assert!(recovery.holds_up(true, now_ms));
        }
        assert!(!recovery.holds_up(true, 65_000));
    }

    #[test]
    fn a_peer_that_is_reached_by_hand_is_waited_for_as_long_as_it_takes() {
        let mut recovery = recovery();
        for now_ms in (0..100 * PATIENCE_MS).step_by(5_000) {
            assert!(recovery.holds_up(false, now_ms));
        }
    }
}
