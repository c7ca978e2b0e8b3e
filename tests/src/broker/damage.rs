//! What a broker does to those who rely on it: it forgets, evicts, loses everything, or lets
//! somebody replay what it has stored.

use super::message::{Message, Subject};
use super::trouble::Wrong;
use super::{Broker, Event, Manners};
use crate::chance::Chance;
use crate::faults::Faults;

impl Broker {
    /// The server is killed and starts again at `until_ms`: what it had not synced since
    /// `since_ms` did not happen, and what was on its way is gone.
    pub fn kill(&mut self, sites: usize, since_ms: u64, until_ms: u64, faults: &mut Faults) {
        faults.count("broker_killed");
        self.on_the_way.clear();
        for stream in self.streams.values_mut() {
            let damage = stream.forget(since_ms);
            (0..damage.forgotten).for_each(|_| faults.count("broker_forgot"));
            (0..damage.returned).for_each(|_| faults.count("broker_brought_back"));
        }
        for site in 0..sites {
            self.trouble.begin(site, Wrong::Unreachable, until_ms);
        }
    }

    /// The whole store is gone, streams and consumers with it. Each is made again some time
    /// after `from_ms`, once whoever makes it can.
    pub fn wipe(&mut self, from_ms: u64, chance: &mut Chance, faults: &mut Faults) {
        faults.count("broker_wiped");
        self.streams.clear();
        for subject in &self.subjects {
            let again_ms = from_ms + chance.below(10_000);
            self.trouble.lose_stream(subject.from, again_ms);
            let again_ms = from_ms + chance.below(10_000);
            self.trouble.lose_consumer(*subject, again_ms);
        }
    }

    /// Everything that a sender published is gone, also what somebody remembers of it.
    pub fn lose(&mut self, sender: usize) {
        self.streams.remove(&sender);
        self.remembered.retain(|message| message.subject.from != sender);
        self.on_the_way.retain(|_, event| match event {
            Event::Published(message) | Event::Passed(message, _) => message.subject.from != sender,
            Event::Acknowledged(token) => token.subject.from != sender,
        });
    }

    /// Somebody makes a stream discard what is old. How many messages that were.
    pub fn evict(&mut self, chance: &mut Chance, faults: &mut Faults) -> usize {
        let filled: Vec<usize> = self.streams.keys().copied().collect();
        let Some(sender) = chance.pick(&filled) else {
            return 0;
        };
        let count = 1 + chance.index(8);
        let evicted = self.streams.get_mut(sender).map_or(0, |stream| stream.evict(count));
        (0..evicted).for_each(|_| faults.count("broker_evicted"));
        evicted
    }

    /// A client publishes again what was stored once, now and then to somebody else. The subjects.
    pub fn replay(
        &mut self,
        now_ms: u64,
        chance: &mut Chance,
        faults: &mut Faults,
    ) -> Vec<Subject> {
        let subjects: Vec<Subject> =
            self.subjects.iter().filter(|subject| subject.class.is_stored()).copied().collect();
        let mut replayed = Vec::new();
        for _ in 0..=chance.below(6) {
            let Some(old) = chance.pick(&self.remembered) else { break };
            let Message { mut subject, number, bytes } = old.clone();
            if chance.percent(20) {
                subject = *chance.pick(&subjects).unwrap_or(&subject);
            }
            faults.count("broker_replayed");
            replayed.push(subject);
            let at_ms = now_ms + 1 + chance.below(3_000);
            self.send(at_ms, Event::Published(Message { subject, number, bytes }));
        }
        replayed
    }

    /// From now on it works well, and whatever ends at all ends now; it has no more room than
    /// before. What was wrong.
    pub fn heal(&mut self) -> Vec<(usize, Wrong)> {
        self.manners = Manners { limits: self.manners.limits, ..Manners::GOOD };
        self.trouble.mend(u64::MAX - 1)
    }
}
