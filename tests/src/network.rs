//! The network between sites: calm it carries every envelope once; in bad weather it delays, drops,
//! repeats, reorders and corrupts, and links are cut.

use crate::chance::Chance;
use crate::faults::Faults;
use std::collections::BTreeMap;

/// Longer than this on the way counts as delayed, in milliseconds.
const DELAYED_MS: u64 = 500;

/// How bad the weather is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Weather {
    /// Longest usual way, in milliseconds.
    pub delay_ms_max: u64,
    /// Of a hundred envelopes so many take up to a hundred times as long.
    pub delay_percent: u64,
    /// Of a hundred envelopes so many never arrive.
    pub drop_percent: u64,
    /// Of a hundred envelopes so many arrive again, later.
    pub repeat_percent: u64,
    /// Of a hundred envelopes so many arrive with a bit turned.
    pub corrupt_percent: u64,
}

impl Weather {
    /// Every envelope arrives once, within 20 ms.
    pub const CALM: Self = Self {
        delay_ms_max: 20,
        delay_percent: 0,
        drop_percent: 0,
        repeat_percent: 0,
        corrupt_percent: 0,
    };
}

/// Envelopes on their way.
#[derive(Debug)]
pub struct Network {
    /// The weather now.
    pub weather: Weather,
    sent: u64,
    on_the_way: BTreeMap<(u64, u64), Parcel>,
    /// Between which sites nothing gets through, and until when.
    cuts: BTreeMap<(usize, usize), u64>,
    /// The latest arrival for each direction, to tell what is overtaken.
    newest_ms: BTreeMap<(usize, usize), u64>,
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

impl Default for Network {
    fn default() -> Self {
        Self {
            weather: Weather::CALM,
            sent: 0,
            on_the_way: BTreeMap::new(),
            cuts: BTreeMap::new(),
            newest_ms: BTreeMap::new(),
        }
    }
}

const fn pair(one: usize, other: usize) -> (usize, usize) {
    if one < other { (one, other) } else { (other, one) }
}

impl Network {
    /// A calm network with nothing on its way.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes an envelope that arrives at `at_ms`, whatever the weather.
    pub fn send(&mut self, from: usize, to: usize, bytes: Vec<u8>, at_ms: u64) {
        self.sent += 1;
        self.on_the_way.insert((at_ms, self.sent), Parcel { from, to, bytes });
    }

    /// Takes an envelope and does with it what the weather does.
    pub fn dispatch(
        &mut self,
        mut parcel: Parcel,
        now_ms: u64,
        chance: &mut Chance,
        faults: &mut Faults,
    ) {
        let Weather { delay_ms_max, delay_percent, drop_percent, repeat_percent, corrupt_percent } =
            self.weather;
        let (from, to) = (parcel.from, parcel.to);
        if self.is_cut(from, to, now_ms) {
            faults.count("cut");
            return;
        }
        if chance.percent(drop_percent) {
            faults.count("dropped");
            return;
        }
        if chance.percent(repeat_percent) {
            faults.count("repeated");
            let at_ms = now_ms + 1 + chance.below(delay_ms_max * 200);
            self.send(from, to, parcel.bytes.clone(), at_ms);
        }
        if chance.percent(corrupt_percent) && !parcel.bytes.is_empty() {
            faults.count("corrupted");
            let at = chance.index(parcel.bytes.len());
            parcel.bytes[at] ^= 1 << chance.below(8);
        }
        let long = if chance.percent(delay_percent) { 100 } else { 1 };
        let delay_ms = 1 + chance.below(delay_ms_max * long);
        if delay_ms > DELAYED_MS {
            faults.count("delayed");
        }
        let at_ms = now_ms + delay_ms;
        let newest_ms = self.newest_ms.entry((from, to)).or_default();
        if at_ms < *newest_ms {
            faults.count("reordered");
        }
        *newest_ms = at_ms.max(*newest_ms);
        self.send(from, to, parcel.bytes, at_ms);
    }

    /// Lets nothing through between two sites until `until_ms`.
    pub fn cut(&mut self, one: usize, other: usize, until_ms: u64) {
        let until = self.cuts.entry(pair(one, other)).or_default();
        *until = until_ms.max(*until);
    }

    /// Whether nothing gets through between two sites.
    #[must_use]
    pub fn is_cut(&self, one: usize, other: usize, now_ms: u64) -> bool {
        let until = self.cuts.get(&pair(one, other));
        until.is_some_and(|until| now_ms < *until)
    }

    /// Ends the cuts that are to end by `until_ms`, and tells between whom.
    pub fn mend(&mut self, until_ms: u64) -> Vec<(usize, usize)> {
        let ended = |until: &u64| *until <= until_ms;
        let mended = self.cuts.iter().filter(|(_, until)| ended(until));
        let mended: Vec<_> = mended.map(|(pair, _)| *pair).collect();
        self.cuts.retain(|_, until| !ended(until));
        mended
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
        let through =
            due.into_values().filter(|parcel| !self.is_cut(parcel.from, parcel.to, now_ms));
        through.map(|parcel| (parcel.to, parcel.bytes)).collect()
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
