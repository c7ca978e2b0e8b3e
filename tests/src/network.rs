//! The network between sites: every envelope arrives once, later; faults are added from outside.

use std::collections::BTreeMap;

/// Envelopes on their way.
#[derive(Debug, Default)]
pub struct Network {
    sent: u64,
    on_the_way: BTreeMap<(u64, u64), Parcel>,
}

/// One envelope on its way.
#[derive(Debug, Clone)]
pub struct Parcel {
    /// From which site.
    pub from: usize,
    /// To which site.
    pub to: usize,
    /// The envelope.
    pub bytes: Vec<u8>,
}

impl Network {
    /// A network with nothing on its way.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes an envelope that arrives at `at_ms`.
    pub fn send(&mut self, from: usize, to: usize, bytes: Vec<u8>, at_ms: u64) {
        self.sent += 1;
        self.on_the_way.insert((at_ms, self.sent), Parcel { from, to, bytes });
    }

    /// When the next envelope arrives.
    #[must_use]
    pub fn deadline_ms(&self) -> Option<u64> {
        self.on_the_way.first_key_value().map(|((at, _), _)| *at)
    }

    /// What arrives by `now_ms`, in order.
    pub fn due(&mut self, now_ms: u64) -> Vec<(usize, Vec<u8>)> {
        let later = self.on_the_way.split_off(&(now_ms + 1, 0));
        let due = std::mem::replace(&mut self.on_the_way, later);
        due.into_values().map(|parcel| (parcel.to, parcel.bytes)).collect()
    }

    /// Everything on its way, to be looked at or changed.
    pub fn parcels(&mut self) -> impl Iterator<Item = &mut Parcel> {
        self.on_the_way.values_mut()
    }

    /// Loses what `lost` says.
    pub fn lose(&mut self, mut lost: impl FnMut(&Parcel) -> bool) {
        self.on_the_way.retain(|_, parcel| !lost(parcel));
    }
}
