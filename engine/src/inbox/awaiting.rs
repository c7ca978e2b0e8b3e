//! What a peer passed on under keys that their owners have not stated here yet.

use schema::id::{Position, SpaceId};
use schema::latest::Mirrored;
use schema::limits::{AWAITING_KEYS_BYTES_MAX, AWAITING_KEYS_ENTRIES_MAX};
use std::collections::BTreeMap;

/// An entry that awaits a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Waiter {
    /// Who says that it signed what the entry brings.
    pub(crate) signer: SpaceId,
    /// Under which of its keys.
    pub(crate) key: u32,
    /// Where in this log the entry is.
    pub(crate) place: Position,
    /// The entry.
    pub(crate) mirrored: Mirrored,
}

/// The entries of one link that await keys, in the order in which they came.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Awaiting {
    waiters: Vec<Waiter>,
    bytes: usize,
}

impl Awaiting {
    /// No entries.
    #[must_use]
    pub const fn new() -> Self {
        Self { waiters: Vec::new(), bytes: 0 }
    }

    /// Has an entry wait. False if there is no room: whoever passes on what nobody signed fills
    /// its own link, and no other.
    #[must_use]
    pub(crate) fn add(&mut self, waiter: Waiter) -> bool {
        let bytes = self.bytes + waiter.mirrored.entry.len();
        let room =
            self.waiters.len() < AWAITING_KEYS_ENTRIES_MAX && bytes <= AWAITING_KEYS_BYTES_MAX;
        if room {
            self.bytes = bytes;
            self.waiters.push(waiter);
        }
        room
    }

    /// Takes out what awaits no more, because `signer` has stated its keys up to `newest`.
    pub(crate) fn take(&mut self, signer: &SpaceId, newest: u32) -> Vec<Waiter> {
        let stated = |waiter: &Waiter| waiter.signer == *signer && waiter.key <= newest;
        let (out, stay) = std::mem::take(&mut self.waiters).into_iter().partition(stated);
        self.waiters = stay;
        self.bytes = self.waiters.iter().map(|waiter| waiter.mirrored.entry.len()).sum();
        out
    }

    /// How many entries await keys of each space.
    #[must_use]
    pub fn counts(&self) -> BTreeMap<SpaceId, u64> {
        let mut counts = BTreeMap::new();
        for waiter in &self.waiters {
            *counts.entry(waiter.signer).or_default() += 1;
        }
        counts
    }
}
