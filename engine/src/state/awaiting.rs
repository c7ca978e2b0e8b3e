//! What peers passed on under keys that their owners have not stated here yet.

use schema::id::{LinkId, Position, SpaceId};
use schema::latest::{Entry, Event, Mirrored};
use schema::limits::{AWAITING_KEYS_BYTES_MAX, AWAITING_KEYS_ENTRIES_MAX};
use std::collections::BTreeMap;

/// An entry that awaits a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiter {
    /// Under which of its signer's keys what it brings is signed, as that says.
    pub key: u32,
    /// Where in this log the entry is.
    pub place: Position,
    /// The entry.
    pub mirrored: Mirrored,
    /// The lowest number of a key of this space to which something in it is sealed; none if
    /// nothing is.
    pub opened_with: Option<u32>,
    recall: bool,
    release: bool,
}

impl Waiter {
    /// An entry at `place` that awaits the key of this number, in the space `me`.
    #[must_use]
    pub fn new(me: SpaceId, key: u32, place: Position, mirrored: &Mirrored) -> Self {
        let event = Entry::read(&mirrored.entry).and_then(|entry| entry.event()).ok();
        let opened_with = event.as_ref().and_then(|event| {
            let Event::ReleasePromoted(promoted) = event else { return None };
            let for_me = promoted.secrets.iter().filter(|secret| secret.recipient == me);
            for_me.map(|secret| secret.key).min()
        });
        let recall = matches!(event, Some(Event::ReleaseRecalled(_)));
        let release = matches!(event, Some(Event::ReleasePromoted(_)));
        Self { key, place, mirrored: mirrored.clone(), opened_with, recall, release }
    }

    /// Whether it brings a recall.
    #[must_use]
    pub const fn is_recall(&self) -> bool {
        self.recall
    }
}

/// What awaits keys of one space over one link.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counted {
    /// Entries that wait.
    pub entries: u64,
    /// Entries that were refused since then, because there was no room.
    pub turned_away: u64,
}

/// The entries that await keys: by the link that they came over, and by who says that it signed
/// what they bring; in the order in which they came.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Awaiting {
    queues: BTreeMap<(LinkId, SpaceId), Queue>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Queue {
    waiters: Vec<Waiter>,
    turned_away: u64,
}

/// Of the room for each link and signer, in eighths, what everything but recalls may take: what
/// blocks a bad release finds room when nothing else does.
const SHARE: usize = 7;

impl Awaiting {
    /// Has an entry wait. False if there is no room for it: who passes on what nobody signed takes
    /// the room of its own link, and of the space whose name it misuses there.
    #[must_use]
    pub(crate) fn add(&mut self, link: LinkId, signer: SpaceId, waiter: Waiter) -> bool {
        let queue = self.queues.entry((link, signer)).or_default();
        let size = |waiter: &Waiter| waiter.mirrored.entry.len();
        let bytes = queue.waiters.iter().map(size).sum::<usize>() + size(&waiter);
        let eighths = if waiter.is_recall() { 8 } else { SHARE };
        let room = queue.waiters.len() < AWAITING_KEYS_ENTRIES_MAX / 8 * eighths
            && bytes <= AWAITING_KEYS_BYTES_MAX / 8 * eighths;
        if room {
            queue.waiters.push(waiter);
        } else {
            queue.turned_away += 1;
        }
        room
    }

    /// Takes out what awaits no more, because `signer` has stated its keys up to `newest`, in the
    /// order in which it came over all links.
    pub(crate) fn take(&mut self, signer: &SpaceId, newest: u32) -> Vec<Waiter> {
        let mut out = Vec::new();
        for ((_, by), queue) in &mut self.queues {
            if by == signer {
                out.extend(queue.waiters.extract_if(.., |waiter| waiter.key <= newest));
            }
        }
        self.queues.retain(|_, queue| !queue.waiters.is_empty());
        out.sort_by_key(|waiter| waiter.place);
        out
    }

    /// A link was ended: releases that came over it are not let in any more, whoever signed them.
    pub(super) fn ended(&mut self, link: &LinkId) {
        for ((over, _), queue) in &mut self.queues {
            if over == link {
                queue.waiters.retain(|waiter| !waiter.release);
            }
        }
        self.queues.retain(|_, queue| !queue.waiters.is_empty());
    }

    /// How much of a link awaits keys of each space.
    #[must_use]
    pub fn of(&self, link: &LinkId) -> BTreeMap<SpaceId, Counted> {
        let of = self.queues.iter().filter(|((over, _), _)| over == link);
        let counted = |queue: &Queue| Counted {
            entries: queue.waiters.len() as u64,
            turned_away: queue.turned_away,
        };
        of.map(|((_, signer), queue)| (*signer, counted(queue))).collect()
    }

    /// Whether something waits that is sealed to a key of this space before `newest`: with which
    /// it is opened, once who sealed it is known.
    #[must_use]
    pub fn needs_before(&self, newest: u32) -> bool {
        let waiters = self.queues.values().flat_map(|queue| &queue.waiters);
        waiters.filter_map(|waiter| waiter.opened_with).any(|key| key < newest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use schema::id::{EntryId, Incarnation, LinkSeq};

    fn waiter(bytes: usize, recall: bool) -> Waiter {
        let (incarnation, position) = (Incarnation([1; 16]), Position(1));
        let mirrored = Mirrored {
            id: EntryId { origin: SpaceId([1; 32]), incarnation, position },
            link: LinkId([1; 32]),
            link_incarnation: incarnation,
            link_seq: LinkSeq(1),
            salt: [0; 16],
            entry: vec![0; bytes],
        };
        Waiter { key: 2, place: position, mirrored, opened_with: None, recall, release: false }
    }

    #[test]
    fn who_fills_its_room_takes_that_of_nobody_else_and_leaves_some_for_recalls() {
        let (link, carla, ops) = (LinkId([1; 32]), SpaceId([3; 32]), SpaceId([4; 32]));
        for bytes in [0, AWAITING_KEYS_BYTES_MAX / 100] {
            let mut awaiting = Awaiting::default();
            let filled = (0..).take_while(|_| awaiting.add(link, carla, waiter(bytes, false)));
            let filled = filled.count();
            assert!((87..AWAITING_KEYS_ENTRIES_MAX).contains(&filled), "{filled}");
            assert!(awaiting.add(link, carla, waiter(bytes, true)), "a recall finds room");
            assert!(awaiting.add(link, ops, waiter(bytes, false)), "so does what Ops signed");
            assert!(awaiting.add(LinkId([2; 32]), carla, waiter(bytes, false)));
            let told = awaiting.of(&link);
            let entries = filled as u64 + 1;
            assert_eq!(told.get(&carla), Some(&Counted { entries, turned_away: 1 }));
            assert_eq!(awaiting.take(&carla, 1), Vec::new());
            assert_eq!(awaiting.take(&carla, 2).len(), filled + 2);
            assert_eq!(awaiting.of(&link).len(), 1);
        }
    }
}
