//! What went wrong in a world, counted by kind.

use std::collections::BTreeMap;

/// Every kind of fault that a world knows.
pub const KINDS: [&str; 42] = [
    "answer_lost",
    "append_failed",
    "append_torn",
    "backup_put_back",
    "broker_ack_lost",
    "broker_brought_back",
    "broker_evicted",
    "broker_forbidden",
    "broker_forgot",
    "broker_full",
    "broker_half_open",
    "broker_killed",
    "broker_overtaken",
    "broker_redelivered",
    "broker_replayed",
    "broker_signal_lost",
    "broker_stored_twice",
    "broker_streamless",
    "broker_timed_out",
    "broker_unreachable",
    "broker_wiped",
    "clock_jumped",
    "command_repeated",
    "corrupted",
    "crashed",
    "cut",
    "delayed",
    "device_full",
    "dropped",
    "fence_held",
    "forged",
    "key_revoked",
    "key_stolen",
    "liar_frozen",
    "lied",
    "lived_on",
    "loss_unnoticed",
    "reordered",
    "repeated",
    "restarted",
    "rolled_back",
    "rotated",
];

/// How often each kind happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Faults(BTreeMap<&'static str, u64>);

impl Default for Faults {
    fn default() -> Self {
        Self(KINDS.iter().map(|kind| (*kind, 0)).collect())
    }
}

impl Faults {
    /// One more.
    ///
    /// # Panics
    /// When there is no such kind.
    pub fn count(&mut self, kind: &'static str) {
        *self.0.get_mut(kind).expect("one of KINDS") += 1;
    }

    /// Adds those of another world.
    pub fn add(&mut self, other: &Self) {
        for (kind, count) in &other.0 {
            *self.0.entry(kind).or_default() += count;
        }
    }

    /// Each kind with its count.
    pub fn counts(&self) -> impl Iterator<Item = (&'static str, u64)> {
        self.0.iter().map(|(kind, count)| (*kind, *count))
    }
}
