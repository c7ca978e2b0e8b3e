//! What was refused at the door: counted by reason, the newest ones remembered.

use crate::trust::refusal::Refusal;
use schema::hash::{Hash, sha256};
use schema::limits::QUARANTINE_MAX;
use std::collections::{BTreeMap, VecDeque};

/// One refused envelope. Its bytes are not kept; a stranger must not fill the disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Why.
    pub reason: Refusal,
    /// When, milliseconds since 1970.
    pub wall_ms: u64,
    /// How many bytes it had.
    pub size: usize,
    /// SHA-256 of its bytes, to find it again at the carrier.
    pub sha256: Hash,
}

/// The refused envelopes of a space.
#[derive(Debug, Default)]
pub struct Quarantine {
    counts: BTreeMap<&'static str, u64>,
    newest: VecDeque<Refused>,
}

impl Quarantine {
    /// Counts and remembers one.
    pub fn refuse(&mut self, reason: Refusal, bytes: &[u8], wall_ms: u64) {
        *self.counts.entry(reason.code()).or_default() += 1;
        if self.newest.len() == QUARANTINE_MAX {
            self.newest.pop_front();
        }
        let refused = Refused { reason, wall_ms, size: bytes.len(), sha256: sha256(&[bytes]) };
        self.newest.push_back(refused);
    }

    /// How many, by reason.
    #[must_use]
    pub const fn counts(&self) -> &BTreeMap<&'static str, u64> {
        &self.counts
    }

    /// The newest ones, oldest first.
    pub fn newest(&self) -> impl Iterator<Item = &Refused> {
        self.newest.iter()
    }
}
