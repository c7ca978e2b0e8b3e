//! Objects that bundles need: asked for piece by piece, bounded, resumable after a restart.
//!
//! A fetch begins when the bundle is here, before anybody accepts it, so that packages are ahead of
//! their deployment. Pieces are stored in order; the few that come early wait in memory. Where
//! several peers have promised the same object, one that is silent or sends something else is left
//! for the next, from the beginning: nobody can keep away what another would send.

use schema::id::{ObjectId, SpaceId};
use schema::latest::{Piece, Want};
use schema::limits::{PIECE_BYTES_MAX, RESEND_MS_MAX, RESEND_MS_MIN};
use std::collections::{BTreeMap, VecDeque};

/// Pieces asked for and not yet stored, for each peer.
const WINDOW_PIECES: usize = 8;

/// Times that a peer is asked in vain before another that promised the same is asked.
const SILENCES_MAX: u32 = 4;

/// Peers that may promise the same object; more are not needed.
const SOURCES_MAX: usize = 16;

/// What the store holds of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Held {
    /// Contiguous bytes from the beginning.
    pub have: u64,
    /// Whether all of it is there and its hash was checked.
    pub complete: bool,
}

/// What is to be done for a fetch now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Due {
    /// Ask a peer for pieces.
    Ask(SpaceId, Want),
    /// Let the store forget what it holds of an object of this size, and tell then what it holds.
    Discard(ObjectId, u64),
}

#[derive(Debug)]
struct Fetch {
    /// Who promised it, and of which size; the first is asked.
    sources: VecDeque<(SpaceId, u64)>,
    /// Times in a row that nothing came.
    silences: u32,
    /// Another source is asked from now on; the store must forget what came from the last.
    discard: bool,
    /// None until the store has told.
    have: Option<u64>,
    early: BTreeMap<u64, Vec<u8>>,
    /// Up to where pieces were handed to the store; not before `have`.
    storing: u64,
    asked_to: u64,
    retry_at_ms: u64,
    retry_delay_ms: u64,
    /// Nothing is asked before, because what came was wrong.
    rests_until_ms: Option<u64>,
}

/// All fetches of a space.
#[derive(Debug, Default)]
pub struct Fetches {
    open: BTreeMap<ObjectId, Fetch>,
}

impl Fetches {
    /// Begins to fetch an object from a peer, or notes that this peer promised it too. True if it is
    /// new: the store must be asked what it holds already.
    pub fn begin(&mut self, object: ObjectId, size: u64, from: SpaceId) -> bool {
        if let Some(fetch) = self.open.get_mut(&object) {
            if !fetch.sources.contains(&(from, size)) && fetch.sources.len() < SOURCES_MAX {
                fetch.sources.push_back((from, size));
            }
            return false;
        }
        let fetch = Fetch {
            sources: VecDeque::from([(from, size)]),
            silences: 0,
            discard: false,
            have: None,
            early: BTreeMap::new(),
            storing: 0,
            asked_to: 0,
            retry_at_ms: 0,
            retry_delay_ms: RESEND_MS_MIN,
            rests_until_ms: None,
        };
        self.open.insert(object, fetch);
        true
    }

    /// Ends a fetch.
    pub fn end(&mut self, object: &ObjectId) {
        self.open.remove(object);
    }

    /// How much of an object is here, and its size, while it is fetched.
    #[must_use]
    pub fn progress(&self, object: &ObjectId) -> Option<(u64, u64)> {
        self.open.get(object).map(|fetch| (fetch.have.unwrap_or(0), fetch.size()))
    }

    /// The store told what it holds; it tells in the order in which it was given pieces. Progress
    /// makes the next pieces due at once. What can be stored now.
    pub fn held(&mut self, object: &ObjectId, held: Held, now_ms: u64) -> Vec<(u64, Vec<u8>)> {
        let Some(fetch) = self.open.get_mut(object) else {
            return Vec::new();
        };
        if fetch.have.is_some_and(|before| held.have < before) {
            // What was stored turned out to be wrong: begin again, not at once.
            fetch.early.clear();
            fetch.storing = held.have;
            fetch.asked_to = held.have;
            fetch.rests_until_ms = Some(now_ms + RESEND_MS_MAX);
            fetch.have = Some(held.have);
            fetch.leave();
            return Vec::new();
        } else if fetch.have.is_none_or(|before| held.have > before) {
            fetch.silences = 0;
            fetch.retry_delay_ms = RESEND_MS_MIN;
            fetch.retry_at_ms = now_ms + RESEND_MS_MIN;
        }
        fetch.have = Some(held.have);
        fetch.storing = fetch.storing.max(held.have);
        fetch.asked_to = fetch.asked_to.max(held.have);
        fetch.ready()
    }

    /// A piece came. What can be stored now, in order.
    pub fn piece(&mut self, from: &SpaceId, piece: Piece) -> Vec<(u64, Vec<u8>)> {
        let Some(fetch) = self.open.get_mut(&piece.object) else {
            return Vec::new();
        };
        let wanted = fetch.have.is_some() && fetch.sources.front() == Some(&(*from, piece.total));
        if !wanted || piece.offset < fetch.storing {
            return Vec::new();
        }
        let last = fetch.storing + (WINDOW_PIECES * 2 * PIECE_BYTES_MAX) as u64;
        if piece.offset < last {
            fetch.early.insert(piece.offset, piece.bytes);
        }
        fetch.ready()
    }

    /// What to ask of whom now. One object of each peer at a time, so that none starves another.
    pub fn due(&mut self, now_ms: u64) -> Vec<Due> {
        for fetch in self.open.values_mut() {
            fetch.rests_until_ms = fetch.rests_until_ms.filter(|until| now_ms < *until);
        }
        let mut due = Vec::new();
        for object in self.turns() {
            let Some(fetch) = self.open.get_mut(&object) else { continue };
            let offsets = fetch.ask(now_ms);
            if !offsets.is_empty() {
                due.push(Due::Ask(fetch.from(), Want { object, offsets }));
            }
        }
        for (object, fetch) in &mut self.open {
            if std::mem::take(&mut fetch.discard) {
                due.push(Due::Discard(*object, fetch.size()));
            }
        }
        due
    }

    /// When something is to be asked again.
    #[must_use]
    pub fn deadline_ms(&self) -> Option<u64> {
        let rests = self.open.values().filter_map(|fetch| fetch.rests_until_ms);
        let turns = self.turns().into_iter();
        let retries = turns.filter_map(|object| Some(self.open.get(&object)?.retry_at_ms));
        rests.chain(retries).min()
    }

    /// The object of each peer whose turn it is: the first that is not here and does not rest.
    fn turns(&self) -> Vec<ObjectId> {
        let mut busy: Vec<SpaceId> = Vec::new();
        let mut turns = Vec::new();
        for (object, fetch) in &self.open {
            let open = fetch.have.is_some_and(|have| have < fetch.size().max(1));
            if open && fetch.rests_until_ms.is_none() && !busy.contains(&fetch.from()) {
                busy.push(fetch.from());
                turns.push(*object);
            }
        }
        turns
    }
}

impl Fetch {
    /// Who is asked.
    fn from(&self) -> SpaceId {
        self.sources.front().map_or(SpaceId([0; 32]), |(from, _)| *from)
    }

    /// How large that peer says it is.
    fn size(&self) -> u64 {
        self.sources.front().map_or(0, |(_, size)| *size)
    }

    /// Leaves this source for the next, if there is one.
    fn leave(&mut self) {
        self.silences = 0;
        if self.sources.len() > 1 {
            self.sources.rotate_left(1);
            self.early.clear();
            (self.storing, self.asked_to) = (0, 0);
            (self.have, self.discard) = (None, true);
            self.retry_delay_ms = RESEND_MS_MIN;
        }
    }

    /// Takes out what follows on what was handed to the store.
    fn ready(&mut self) -> Vec<(u64, Vec<u8>)> {
        let mut ready = Vec::new();
        while let Some(bytes) = self.early.remove(&self.storing) {
            let offset = self.storing;
            self.storing += bytes.len() as u64;
            ready.push((offset, bytes));
        }
        ready
    }

    /// The offsets to ask for now.
    fn ask(&mut self, now_ms: u64) -> Vec<u64> {
        let have = self.have.unwrap_or(0);
        if self.asked_to > have && now_ms >= self.retry_at_ms {
            // Nothing came for a while: ask again for what is missing, and for what was given to
            // the store and is not there.
            self.storing = have;
            self.asked_to = have;
            self.retry_delay_ms = (self.retry_delay_ms * 2).min(RESEND_MS_MAX);
            self.retry_at_ms = now_ms + self.retry_delay_ms;
            self.silences += 1;
            if self.silences >= SILENCES_MAX {
                self.leave();
            }
        }
        if self.have.is_none() {
            return Vec::new();
        }
        let offsets = self.next_offsets();
        if !offsets.is_empty() {
            self.retry_at_ms = now_ms + self.retry_delay_ms;
        }
        offsets
    }

    fn next_offsets(&mut self) -> Vec<u64> {
        let piece = PIECE_BYTES_MAX as u64;
        // An empty object is one empty piece.
        let size = self.size().max(1);
        let end = (self.storing + WINDOW_PIECES as u64 * piece).min(size);
        let mut offsets = Vec::new();
        // Half a window at once, so that asking costs little.
        let half = WINDOW_PIECES as u64 / 2 * piece;
        if self.asked_to < end && (end - self.asked_to >= half.min(size - self.asked_to)) {
            while self.asked_to < end {
                if !self.early.contains_key(&self.asked_to) {
                    offsets.push(self.asked_to);
                }
                self.asked_to += piece;
            }
        }
        offsets
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PEER: SpaceId = SpaceId([1; 32]);
    const PIECE: u64 = PIECE_BYTES_MAX as u64;

    fn object(number: u8) -> ObjectId {
        ObjectId([number; 32])
    }

    /// A fetch of each size, of which the store holds nothing yet.
    fn fetches(sizes: &[u64]) -> Fetches {
        let mut fetches = Fetches::default();
        for (number, size) in (1..).zip(sizes) {
            assert!(fetches.begin(object(number), *size, PEER));
            let _ = fetches.held(&object(number), held(0), 0);
        }
        fetches
    }

    fn held(have: u64) -> Held {
        let complete = false;
        Held { have, complete }
    }

    fn piece(total: u64, offset: u64) -> Piece {
        let length = (total - offset).min(PIECE);
        Piece {
            object: object(1),
            total,
            offset,
            bytes: vec![0; usize::try_from(length).expect("a piece")],
        }
    }

    fn wants(due: &[Due]) -> Vec<(SpaceId, Want)> {
        let asked = due.iter().filter_map(|due| match due {
            Due::Ask(from, want) => Some((*from, want.clone())),
            Due::Discard(..) => None,
        });
        asked.collect()
    }

    fn offsets(due: &[Due]) -> Vec<u64> {
        wants(due).into_iter().flat_map(|(_, want)| want.offsets).collect()
    }

    #[test]
    fn a_fetch_that_waits_for_its_turn_has_no_deadline() {
        let mut fetches = fetches(&[PIECE, PIECE]);
        assert_eq!(fetches.due(10).len(), 1, "one object of a peer at a time");
        assert_eq!(fetches.deadline_ms(), Some(10 + RESEND_MS_MIN));
        assert_eq!(fetches.due(10), []);
    }

    #[test]
    fn a_piece_that_comes_before_the_store_has_answered_is_not_forgotten() {
        let total = 3 * PIECE;
        let mut fetches = fetches(&[total]);
        assert_eq!(offsets(&fetches.due(0)), [0, PIECE, 2 * PIECE]);
        assert_eq!(fetches.piece(&PEER, piece(total, 0)).len(), 1);
        assert_eq!(fetches.piece(&PEER, piece(total, PIECE)).len(), 1);
        assert_eq!(fetches.held(&object(1), held(PIECE), 1), []);
        let last = fetches.piece(&PEER, piece(total, 2 * PIECE));
        assert_eq!(last.len(), 1, "the store gets it behind what it has");
    }

    #[test]
    fn what_the_store_lost_is_asked_for_again() {
        let total = 2 * PIECE;
        let mut fetches = fetches(&[total]);
        let _ = fetches.due(0);
        assert_eq!(fetches.piece(&PEER, piece(total, 0)).len(), 1);
        let _ = fetches.held(&object(1), held(0), 1);
        let retry = fetches.deadline_ms().expect("it waits");
        assert_eq!(offsets(&fetches.due(retry)), [0, PIECE]);
    }

    #[test]
    fn progress_puts_asking_again_off() {
        let total = 2 * PIECE;
        let mut fetches = fetches(&[total]);
        let _ = fetches.due(0);
        let _ = fetches.piece(&PEER, piece(total, 0));
        let _ = fetches.held(&object(1), held(PIECE), 900);
        assert_eq!(fetches.due(RESEND_MS_MIN), []);
        assert_eq!(offsets(&fetches.due(900 + RESEND_MS_MIN)), [PIECE]);
    }

    #[test]
    fn an_object_that_was_wrong_rests_and_lets_others_come_first() {
        let total = 2 * PIECE;
        let mut fetches = fetches(&[total, PIECE]);
        let _ = fetches.held(&object(1), held(PIECE), 0);
        let _ = fetches.held(&object(1), held(0), 5);
        let asked = fetches.due(5);
        assert_eq!(wants(&asked)[0].1.object, object(2));
        fetches.end(&object(2));
        assert_eq!(fetches.deadline_ms(), Some(5 + RESEND_MS_MAX));
        assert_eq!(wants(&fetches.due(5 + RESEND_MS_MAX))[0].1.object, object(1));
    }

    #[test]
    fn an_empty_object_is_one_empty_piece() {
        let mut fetches = fetches(&[0]);
        assert_eq!(offsets(&fetches.due(0)), [0]);
        assert_eq!(fetches.piece(&PEER, piece(0, 0)), [(0, Vec::new())]);
        assert_eq!(offsets(&fetches.due(RESEND_MS_MIN)), [0], "it was lost");
    }

    #[test]
    fn a_peer_that_is_silent_is_left_for_another_from_the_beginning() {
        const HONEST: SpaceId = SpaceId([2; 32]);
        let total = 2 * PIECE;
        let mut fetches = fetches(&[total + 1]);
        assert!(!fetches.begin(object(1), total, HONEST), "the same object");
        let mut discarded = false;
        for now_ms in (0..120_000).step_by(100) {
            for due in fetches.due(now_ms) {
                match due {
                    Due::Ask(HONEST, want) => {
                        assert!(discarded, "nothing of the silent peer is left");
                        assert_eq!(want.offsets, [0, PIECE]);
                        assert_eq!(fetches.piece(&HONEST, piece(total, 0)).len(), 1);
                        return;
                    }
                    Due::Ask(from, _) => assert_eq!(from, PEER),
                    Due::Discard(_, size) => {
                        assert_eq!(size, total);
                        discarded = true;
                        assert_eq!(fetches.held(&object(1), held(0), now_ms), []);
                    }
                }
            }
        }
        panic!("the honest peer was never asked");
    }

    #[test]
    fn a_peer_that_sends_something_else_is_left_for_another() {
        const HONEST: SpaceId = SpaceId([2; 32]);
        let mut fetches = fetches(&[2 * PIECE]);
        fetches.begin(object(1), 2 * PIECE, HONEST);
        let _ = fetches.held(&object(1), held(PIECE), 0);
        // The store found the whole to be wrong.
        let _ = fetches.held(&object(1), held(0), 5);
        assert_eq!(fetches.due(6), [Due::Discard(object(1), 2 * PIECE)]);
        let _ = fetches.held(&object(1), held(0), 7);
        assert_eq!(wants(&fetches.due(5 + RESEND_MS_MAX))[0].0, HONEST);
    }
}
