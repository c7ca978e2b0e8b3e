//! What keeps sites from their broker, and until when: connections that are gone or silent one
//! way, permissions that are missing, streams and consumers that were not made again yet.

use super::message::Subject;
use std::collections::BTreeMap;

/// What is wrong with the way between a site and the broker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Wrong {
    /// There is no connection; the site knows.
    Unreachable,
    /// What the site says does not reach the broker, and the site does not know.
    Mute,
    /// What the broker says does not reach the site, and neither knows.
    Deaf,
    /// The site may neither publish nor consume.
    Forbidden,
}

impl Wrong {
    /// How it is counted.
    #[must_use]
    pub const fn kind(self) -> &'static str {
        match self {
            Self::Unreachable => "broker_unreachable",
            Self::Mute | Self::Deaf => "broker_half_open",
            Self::Forbidden => "broker_forbidden",
        }
    }
}

/// All that is wrong.
#[derive(Debug, Clone, Default)]
pub struct Trouble {
    ways: BTreeMap<(usize, Wrong), u64>,
    /// Senders whose stream is gone, and when they would make it again.
    streams: BTreeMap<usize, u64>,
    /// Subjects whose consumer is gone, and when the recipient would make it again.
    consumers: BTreeMap<Subject, u64>,
}

impl Trouble {
    /// Makes something wrong with a site until `until_ms`.
    pub fn begin(&mut self, site: usize, wrong: Wrong, until_ms: u64) {
        let until = self.ways.entry((site, wrong)).or_default();
        *until = until_ms.max(*until);
    }

    fn first(&self, site: usize, wrongs: [Wrong; 3], now_ms: u64) -> Option<Wrong> {
        let has = |wrong: &Wrong| self.ways.get(&(site, *wrong)).is_some_and(|at| now_ms < *at);
        wrongs.into_iter().find(has)
    }

    /// What keeps a site's words from the broker.
    #[must_use]
    pub fn from_site(&self, site: usize, now_ms: u64) -> Option<Wrong> {
        self.first(site, [Wrong::Unreachable, Wrong::Mute, Wrong::Forbidden], now_ms)
    }

    /// What keeps the broker's words from a site.
    #[must_use]
    pub fn to_site(&self, site: usize, now_ms: u64) -> Option<Wrong> {
        self.first(site, [Wrong::Unreachable, Wrong::Deaf, Wrong::Forbidden], now_ms)
    }

    /// What was wrong by `until_ms` and is no longer.
    pub fn mend(&mut self, until_ms: u64) -> Vec<(usize, Wrong)> {
        let ended = self.ways.iter().filter(|(_, until)| **until <= until_ms);
        let ended: Vec<_> = ended.map(|(way, _)| *way).collect();
        self.ways.retain(|_, until| *until > until_ms);
        ended
    }

    /// A stream is gone; its sender would make it again at `at_ms`.
    pub fn lose_stream(&mut self, sender: usize, at_ms: u64) {
        self.streams.insert(sender, at_ms);
    }

    /// A consumer is gone; its recipient would make it again at `at_ms`.
    pub fn lose_consumer(&mut self, subject: Subject, at_ms: u64) {
        self.consumers.insert(subject, at_ms);
    }

    /// Whether a sender has a stream.
    #[must_use]
    pub fn has_stream(&self, sender: usize) -> bool {
        !self.streams.contains_key(&sender)
    }

    /// Whether a subject has a consumer.
    #[must_use]
    pub fn has_consumer(&self, subject: &Subject) -> bool {
        !self.consumers.contains_key(subject)
    }

    /// Each site that can makes what of its own is missing: senders streams, recipients consumers
    /// on streams that are there.
    pub fn make_again(&mut self, up: &[bool], now_ms: u64) {
        let able = |site: usize| up[site] && self.from_site(site, now_ms).is_none();
        let able: Vec<bool> = (0..up.len()).map(able).collect();
        self.streams.retain(|sender, at| *at > now_ms || !able[*sender]);
        let streams = &self.streams;
        self.consumers.retain(|subject, at| {
            *at > now_ms || !able[subject.to] || streams.contains_key(&subject.from)
        });
    }

    /// When something ends or is made again, after `now_ms`.
    #[must_use]
    pub fn deadline_ms(&self, now_ms: u64) -> Option<u64> {
        let ends = self.ways.values().chain(self.streams.values()).chain(self.consumers.values());
        ends.copied().filter(|at| *at > now_ms && *at < u64::MAX).min()
    }
}
