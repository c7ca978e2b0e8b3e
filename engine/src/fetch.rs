//! Objects that bundles need: asked for piece by piece, bounded, resumable after a restart.
//!
//! A fetch begins when the bundle is here, before anybody accepts it, so that packages are ahead of
//! their deployment. Pieces are stored in order; the few that come early wait in memory. Where
//! several peers have promised the same object, one that is silent or sends something else is left
//! for the next, from the beginning: nobody can keep away what another would send.

use schema::id::{ObjectId, SpaceId};
use schema::latest::{Piece, Want};
use schema::limits::{PIECE_BYTES_MAX, RESEND_MS_MAX, RESEND_MS_MIN};
use schema::v1::model::Package;
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
    /// Whether this answers a look or a discard, and not the storing of a piece.
    pub looked: bool,
    /// Whether the store has a feed to take it from: no peer is asked, and what is brought by hand
    /// is taken all the same. Only said of a look or a discard.
    pub elsewhere: bool,
}

/// What is to be done for a fetch now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Due {
    /// Ask a peer for pieces.
    Ask(SpaceId, Want),
    /// Let the store tell what it holds of an object of this size.
    Look(ObjectId, u64),
    /// Let the store forget what it holds of an object of this size, and tell then what it holds.
    Discard(ObjectId, u64),
}

#[derive(Debug)]
struct Fetch {
    /// Who promised it, and of which size; the first is asked.
    sources: VecDeque<(SpaceId, u64)>,
    /// As what packages it was promised.
    called: Vec<Package>,
    /// Whether the store takes it from a feed: it is asked now and then whether it has.
    elsewhere: bool,
    /// Why it did not come from there when it was last looked for.
    lacks: Option<String>,
    /// Times in a row that nothing came.
    silences: u32,
    /// Another source is asked from now on; the store must forget what came from the last.
    discard: bool,
    /// When the store is asked again what it holds; only counts while that is not known, or comes
    /// from elsewhere.
    look_at_ms: u64,
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
    /// Begins to fetch an object from a peer, or notes that this peer promised it too; its first
    /// word about the size counts.
    pub fn begin(&mut self, package: &Package, from: SpaceId) {
        let (object, size) = (package.object, package.size);
        if let Some(fetch) = self.open.get_mut(&object) {
            if !fetch.called.contains(package) && fetch.called.len() < SOURCES_MAX {
                fetch.called.push(package.clone());
            }
            let known = fetch.sources.iter().any(|(peer, _)| *peer == from);
            if !known && fetch.sources.len() < SOURCES_MAX {
                fetch.sources.push_back((from, size));
            }
            return;
        }
        let fetch = Fetch {
            sources: VecDeque::from([(from, size)]),
            called: vec![package.clone()],
            elsewhere: false,
            lacks: None,
            silences: 0,
            discard: false,
            look_at_ms: 0,
            have: None,
            early: BTreeMap::new(),
            storing: 0,
            asked_to: 0,
            retry_at_ms: 0,
            retry_delay_ms: RESEND_MS_MIN,
            rests_until_ms: None,
        };
        self.open.insert(object, fetch);
    }

    /// Ends every fetch of an object that is not `wanted` any more.
    pub fn keep(&mut self, wanted: impl Fn(&ObjectId) -> bool) {
        self.open.retain(|object, _| wanted(object));
    }

    /// Ends a fetch.
    pub fn end(&mut self, object: &ObjectId) {
        self.open.remove(object);
    }

    /// What is fetched from a peer now: the object, how much of it is here, and its size.
    pub fn lacking(&self, peer: &SpaceId) -> impl Iterator<Item = (ObjectId, u64, u64)> {
        let from = self.open.iter().filter(move |(_, fetch)| fetch.from() == *peer);
        from.map(|(object, fetch)| (*object, fetch.have.unwrap_or(0), fetch.size()))
    }

    /// Whether the store has not answered yet for something that is fetched from a peer: a piece
    /// that comes now may find no place.
    #[must_use]
    pub fn is_storing(&self, peer: &SpaceId) -> bool {
        let mut from = self.open.values().filter(|fetch| fetch.from() == *peer);
        from.any(|fetch| fetch.have.is_none_or(|have| have < fetch.storing))
    }

    /// As what packages an object was promised, while it is fetched.
    #[must_use]
    pub fn called(&self, object: &ObjectId) -> Vec<Package> {
        self.open.get(object).map_or_else(Vec::new, |fetch| fetch.called.clone())
    }

    /// How much of an object is here, and its size, while it is fetched.
    #[must_use]
    pub fn progress(&self, object: &ObjectId) -> Option<(u64, u64)> {
        self.open.get(object).map(|fetch| (fetch.have.unwrap_or(0), fetch.size()))
    }

    /// Why an object does not come from where the store takes it; none where it comes, or comes
    /// from peers.
    #[must_use]
    pub fn lacks(&self, object: &ObjectId) -> Option<&str> {
        self.open.get(object).and_then(|fetch| fetch.lacks.as_deref())
    }

    /// The store told why an object does not come from where it takes it.
    pub fn lacking_elsewhere(&mut self, object: &ObjectId, why: String) {
        if let Some(fetch) = self.open.get_mut(object) {
            fetch.lacks = Some(why);
        }
    }

    /// How many bytes are missing of each object that is fetched.
    pub fn missing_bytes(&self) -> impl Iterator<Item = u64> {
        let fetches = self.open.values();
        fetches.map(|fetch| fetch.size().saturating_sub(fetch.have.unwrap_or(0)))
    }

    /// The store told what it holds; it tells in the order in which it was given pieces. Progress
    /// makes the next pieces due at once. What can be stored now.
    pub fn held(&mut self, object: &ObjectId, held: Held, now_ms: u64) -> Vec<(u64, Vec<u8>)> {
        let Some(fetch) = self.open.get_mut(object) else {
            return Vec::new();
        };
        if fetch.have.is_some_and(|before| held.have > before) {
            fetch.lacks = None;
        }
        if held.looked {
            fetch.elsewhere = held.elsewhere;
            fetch.look_at_ms = now_ms + RESEND_MS_MAX;
        }
        if fetch.have.is_none() && !held.looked {
            // About a piece of a source that was left meanwhile.
            return Vec::new();
        }
        if fetch.have.is_some_and(|before| held.have < before) {
            // What was stored turned out to be wrong: begin again, not at once.
            fetch.early.clear();
            fetch.storing = held.have;
            fetch.asked_to = held.have;
            fetch.rests_until_ms = Some(now_ms + RESEND_MS_MAX);
            fetch.have = Some(held.have);
            fetch.leave(now_ms);
            return Vec::new();
        } else if fetch.have.is_none_or(|before| held.have > before) {
            fetch.silences = 0;
            fetch.retry_delay_ms = RESEND_MS_MIN;
            fetch.retry_at_ms = now_ms + RESEND_MS_MIN;
        }
        fetch.have = Some(held.have);
        fetch.discard = false;
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
        for (object, fetch) in &mut self.open {
            // An order to the store may be lost; it is given until it is answered.
            if fetch.is_looked_for() && now_ms >= fetch.look_at_ms {
                fetch.look_at_ms = now_ms + RESEND_MS_MAX;
                let size = fetch.size();
                due.push(match fetch.discard {
                    true => Due::Discard(*object, size),
                    false => Due::Look(*object, size),
                });
            }
        }
        for object in self.turns() {
            let Some(fetch) = self.open.get_mut(&object) else { continue };
            let offsets = fetch.ask(now_ms);
            if !offsets.is_empty() {
                due.push(Due::Ask(fetch.from(), Want { object, offsets }));
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
        let looks = self.open.values().filter(|fetch| fetch.is_looked_for());
        rests.chain(retries).chain(looks.map(|fetch| fetch.look_at_ms)).min()
    }

    /// The object of each peer whose turn it is: the first that is not here and does not rest.
    fn turns(&self) -> Vec<ObjectId> {
        let mut busy: Vec<SpaceId> = Vec::new();
        let mut turns = Vec::new();
        for (object, fetch) in &self.open {
            let open = fetch.have.is_some_and(|have| have < fetch.size().max(1));
            let asks = open && !fetch.elsewhere && fetch.rests_until_ms.is_none();
            if asks && !busy.contains(&fetch.from()) {
                busy.push(fetch.from());
                turns.push(*object);
            }
        }
        turns
    }
}

impl Fetch {
    /// Whether the store is asked for it: what it holds is not known, or it takes it from
    /// elsewhere.
    const fn is_looked_for(&self) -> bool {
        self.have.is_none() || self.elsewhere
    }

    /// Who is asked.
    fn from(&self) -> SpaceId {
        self.sources.front().map_or(SpaceId([0; 32]), |(from, _)| *from)
    }

    /// How large that peer says it is.
    fn size(&self) -> u64 {
        self.sources.front().map_or(0, |(_, size)| *size)
    }

    /// Leaves this source for the next; where there is none, lets other objects come first.
    fn leave(&mut self, now_ms: u64) {
        self.silences = 0;
        if self.sources.len() > 1 {
            self.sources.rotate_left(1);
            self.early.clear();
            (self.storing, self.asked_to) = (0, 0);
            (self.have, self.discard, self.look_at_ms) = (None, true, now_ms);
            self.retry_delay_ms = RESEND_MS_MIN;
        } else {
            self.rests_until_ms = Some(now_ms + RESEND_MS_MAX);
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
                self.leave(now_ms);
                return Vec::new();
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
mod tests;
