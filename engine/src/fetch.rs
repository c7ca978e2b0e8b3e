//! Objects that bundles need: asked for piece by piece, bounded, resumable after a restart.
//!
//! A fetch begins when the bundle is here, before anybody accepts it, so that packages are ahead of
//! their deployment. Pieces are stored in order; the few that come early wait in memory.

use schema::id::{ObjectId, SpaceId};
use schema::latest::{Piece, Want};
use schema::limits::{PIECE_BYTES_MAX, RESEND_MS_MAX, RESEND_MS_MIN};
use std::collections::BTreeMap;

/// Pieces asked for and not yet stored, for each peer.
const WINDOW_PIECES: usize = 8;

/// What the store holds of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Held {
    /// Contiguous bytes from the beginning.
    pub have: u64,
    /// Whether all of it is there and its hash was checked.
    pub complete: bool,
}

#[derive(Debug)]
struct Fetch {
    from: SpaceId,
    size: u64,
    /// None until the store has told.
    have: Option<u64>,
    early: BTreeMap<u64, Vec<u8>>,
    /// Up to where pieces were handed to the store.
    storing: u64,
    asked_to: u64,
    retry_at_ms: u64,
    retry_delay_ms: u64,
    /// What came was wrong; nothing is asked before `retry_at_ms`.
    pausing: bool,
}

/// All fetches of a space.
#[derive(Debug, Default)]
pub struct Fetches {
    open: BTreeMap<ObjectId, Fetch>,
}

impl Fetches {
    /// Begins to fetch an object from a peer. True if it is new: the store must be asked what it
    /// holds already.
    pub fn begin(&mut self, object: ObjectId, size: u64, from: SpaceId) -> bool {
        let known = self.open.contains_key(&object);
        self.open.entry(object).or_insert(Fetch {
            from,
            size,
            have: None,
            early: BTreeMap::new(),
            storing: 0,
            asked_to: 0,
            retry_at_ms: 0,
            retry_delay_ms: RESEND_MS_MIN,
            pausing: false,
        });
        !known
    }

    /// Ends a fetch.
    pub fn end(&mut self, object: &ObjectId) {
        self.open.remove(object);
    }

    /// How much of an object is here, and its size, while it is fetched.
    #[must_use]
    pub fn progress(&self, object: &ObjectId) -> Option<(u64, u64)> {
        self.open.get(object).map(|fetch| (fetch.have.unwrap_or(0), fetch.size))
    }

    /// The store told what it holds. Progress makes the next pieces due at once.
    pub fn held(&mut self, object: &ObjectId, held: Held, now_ms: u64) {
        let Some(fetch) = self.open.get_mut(object) else {
            return;
        };
        match fetch.have {
            Some(before) if held.have < before => {
                // What was stored turned out to be wrong: begin again, not at once.
                fetch.early.clear();
                (fetch.storing, fetch.asked_to) = (held.have, held.have);
                fetch.pausing = true;
                fetch.retry_at_ms = now_ms + RESEND_MS_MAX;
            }
            Some(before) if held.have == before => {}
            Some(_) | None => {
                // Pieces behind this one may be on their way into the store already.
                fetch.storing = fetch.storing.max(held.have);
                fetch.asked_to = fetch.asked_to.max(held.have);
                fetch.retry_delay_ms = RESEND_MS_MIN;
                fetch.retry_at_ms = now_ms + RESEND_MS_MIN;
            }
        }
        fetch.have = Some(held.have);
    }

    /// A piece came. What can be stored now, in order.
    pub fn piece(&mut self, from: &SpaceId, piece: Piece) -> Vec<(u64, Vec<u8>)> {
        let Some(fetch) = self.open.get_mut(&piece.object) else {
            return Vec::new();
        };
        if fetch.from != *from || piece.total != fetch.size || piece.offset < fetch.storing {
            return Vec::new();
        }
        let last = fetch.storing + (WINDOW_PIECES * 2 * PIECE_BYTES_MAX) as u64;
        if piece.offset < last {
            fetch.early.insert(piece.offset, piece.bytes);
        }
        let mut ready = Vec::new();
        while let Some(bytes) = fetch.early.remove(&fetch.storing) {
            let offset = fetch.storing;
            fetch.storing += bytes.len() as u64;
            ready.push((offset, bytes));
        }
        ready
    }

    /// What to ask of whom now. One object of each peer at a time, so that none starves another.
    pub fn due(&mut self, now_ms: u64) -> Vec<(SpaceId, Want)> {
        let mut asked = Vec::new();
        for object in self.active() {
            let Some(fetch) = self.open.get_mut(&object) else { continue };
            let have = fetch.have.unwrap_or(0);
            let waits = fetch.asked_to > have || fetch.pausing;
            if waits && now_ms >= fetch.retry_at_ms {
                // Nothing came or was stored for a while: ask again for what is missing.
                (fetch.storing, fetch.asked_to) = (have, have);
                fetch.early.retain(|offset, _| *offset >= have);
                fetch.retry_delay_ms = (fetch.retry_delay_ms * 2).min(RESEND_MS_MAX);
                fetch.retry_at_ms = now_ms + fetch.retry_delay_ms;
                fetch.pausing = false;
            }
            let offsets = if fetch.pausing { Vec::new() } else { fetch.next_offsets() };
            if !offsets.is_empty() {
                fetch.retry_at_ms = now_ms + fetch.retry_delay_ms;
                asked.push((fetch.from, Want { object, offsets }));
            }
        }
        asked
    }

    /// When something is to be asked again.
    #[must_use]
    pub fn deadline_ms(&self) -> Option<u64> {
        let active = self.active();
        active.iter().filter_map(|object| self.open.get(object)).map(|f| f.retry_at_ms).min()
    }

    /// The object of each peer that is asked for now: the first that the store has told of.
    fn active(&self) -> Vec<ObjectId> {
        let mut busy: Vec<SpaceId> = Vec::new();
        let mut active = Vec::new();
        for (object, fetch) in &self.open {
            if fetch.have.is_some() && !busy.contains(&fetch.from) {
                busy.push(fetch.from);
                active.push(*object);
            }
        }
        active
    }
}

impl Fetch {
    fn next_offsets(&mut self) -> Vec<u64> {
        let piece = PIECE_BYTES_MAX as u64;
        let end = (self.storing + WINDOW_PIECES as u64 * piece).min(self.size);
        let mut offsets = Vec::new();
        // Half a window at once, so that asking costs little.
        let half = WINDOW_PIECES as u64 / 2 * piece;
        if self.asked_to < end && (end - self.asked_to >= half.min(self.size - self.asked_to)) {
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

    const PIECE: u64 = PIECE_BYTES_MAX as u64;

    fn piece(object: ObjectId, total: u64, offset: u64) -> Piece {
        let bytes = vec![0; usize::try_from((total - offset).min(PIECE)).expect("small")];
        Piece { object, total, offset, bytes }
    }

    #[test]
    fn a_store_that_answers_late_loses_no_piece() {
        let (object, from, size) = (ObjectId([1; 32]), SpaceId([2; 32]), 20 * PIECE);
        let mut fetches = Fetches::default();
        fetches.begin(object, size, from);
        fetches.held(&object, Held { have: 0, complete: false }, 0);
        let (mut stored, mut told) = (0, 0);
        let mut answers = std::collections::VecDeque::new();
        for now_ms in 0..1000 {
            for (_, want) in fetches.due(now_ms) {
                for offset in want.offsets {
                    for (at, bytes) in fetches.piece(&from, piece(object, size, offset)) {
                        assert_eq!(at, stored, "pieces are stored in order, each once");
                        stored += bytes.len() as u64;
                        answers.push_back(stored);
                    }
                }
            }
            // The store tells of one piece while the next ones are on their way to it.
            if let Some(have) = answers.pop_front() {
                told = have;
                fetches.held(&object, Held { have, complete: false }, now_ms);
            }
        }
        assert_eq!((stored, told), (size, size), "all of it came without any waiting");
    }

    #[test]
    fn a_lost_piece_is_asked_for_again_after_a_while() {
        let (object, from, size) = (ObjectId([1; 32]), SpaceId([2; 32]), 2 * PIECE);
        let mut fetches = Fetches::default();
        fetches.begin(object, size, from);
        fetches.held(&object, Held { have: 0, complete: false }, 0);
        assert_eq!(fetches.due(0).len(), 1);
        assert_eq!(fetches.due(1).len(), 0);
        let at = fetches.deadline_ms().expect("it waits");
        assert_eq!(fetches.due(at)[0].1.offsets, vec![0, PIECE]);
        assert!(fetches.deadline_ms().expect("it waits") > at, "it never spins");
    }

    #[test]
    fn what_was_wrong_is_not_asked_for_again_at_once() {
        let (object, from, size) = (ObjectId([1; 32]), SpaceId([2; 32]), 2 * PIECE);
        let mut fetches = Fetches::default();
        fetches.begin(object, size, from);
        fetches.held(&object, Held { have: PIECE, complete: false }, 0);
        fetches.held(&object, Held { have: 0, complete: false }, 10);
        assert_eq!(fetches.due(11), Vec::new());
        assert_eq!(fetches.due(10 + RESEND_MS_MAX)[0].1.offsets, vec![0, PIECE]);
    }
}
