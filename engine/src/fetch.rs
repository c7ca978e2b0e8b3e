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
        self.open
            .get(object)
            .map(|fetch| (fetch.have.unwrap_or(0), fetch.size))
    }

    /// The store told what it holds. Progress makes the next pieces due at once.
    pub fn held(&mut self, object: &ObjectId, held: Held, now_ms: u64) {
        let Some(fetch) = self.open.get_mut(object) else {
            return;
        };
        let progressed = fetch.have.is_none_or(|before| held.have > before);
        if fetch.have.is_some_and(|before| held.have < before) {
            // What was stored turned out to be wrong: begin again, not at once.
            fetch.early.clear();
            fetch.asked_to = held.have;
            fetch.retry_at_ms = now_ms + RESEND_MS_MAX;
        }
        fetch.have = Some(held.have);
        fetch.storing = held.have;
        fetch.asked_to = fetch.asked_to.max(held.have);
        if progressed {
            fetch.retry_delay_ms = RESEND_MS_MIN;
        }
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
        let mut busy: Vec<SpaceId> = Vec::new();
        for (object, fetch) in &mut self.open {
            let Some(have) = fetch.have else { continue };
            if busy.contains(&fetch.from) || have >= fetch.size {
                continue;
            }
            busy.push(fetch.from);
            if fetch.asked_to > have && now_ms >= fetch.retry_at_ms {
                // Nothing came for a while: ask again for what is missing.
                fetch.asked_to = fetch.storing;
                fetch.retry_delay_ms = (fetch.retry_delay_ms * 2).min(RESEND_MS_MAX);
            }
            let offsets = fetch.next_offsets();
            if !offsets.is_empty() {
                fetch.retry_at_ms = now_ms + fetch.retry_delay_ms;
                asked.push((
                    fetch.from,
                    Want {
                        object: *object,
                        offsets,
                    },
                ));
            }
        }
        asked
    }

    /// When something is to be asked again.
    #[must_use]
    pub fn deadline_ms(&self) -> Option<u64> {
        let waiting = self.open.values().filter(|fetch| fetch.have.is_some());
        waiting.map(|fetch| fetch.retry_at_ms).min()
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
