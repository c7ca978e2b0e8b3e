//! The stream of one sender: a work queue that denies what does not fit and keeps the rest until
//! it is acknowledged.

use super::message::{Message, Subject, Token};
use std::collections::BTreeMap;

/// How long a server may take to sync what it stored and what it removed, in milliseconds.
pub const UNSYNCED_MS_MAX: u64 = 30_000;

/// What a stream has room for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Messages of one subject.
    pub subject_messages_max: usize,
    /// Bytes of all messages.
    pub bytes_max: usize,
    /// Messages of one consumer that were delivered and not acknowledged.
    pub pending_max: usize,
}

/// A message in a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// The message.
    pub message: Message,
    stored_ms: u64,
    /// When it may be delivered, for the first time or again.
    pub due_ms: u64,
    /// How often it was delivered.
    pub deliveries: u32,
}

/// The messages of one sender.
#[derive(Debug, Clone, Default)]
pub struct Stream {
    last: u64,
    kept: BTreeMap<u64, Kept>,
    /// What was removed lately, and when: a server that is killed may bring it back.
    removed: BTreeMap<u64, (u64, Kept)>,
}

/// What a kill did to a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Damage {
    /// Messages that were stored and are gone.
    pub forgotten: usize,
    /// Messages that were removed and are there again.
    pub returned: usize,
}

impl Stream {
    /// Stores a message. False when its subject or the stream is full.
    pub fn store(&mut self, message: Message, now_ms: u64, limits: &Limits) -> bool {
        let same = self.kept.values().filter(|kept| kept.message.subject == message.subject);
        let bytes: usize = self.kept.values().map(|kept| kept.message.bytes.len()).sum();
        let full = same.count() >= limits.subject_messages_max
            || bytes + message.bytes.len() > limits.bytes_max;
        if full {
            return false;
        }
        self.last += 1;
        let kept = Kept { message, stored_ms: now_ms, due_ms: now_ms, deliveries: 0 };
        self.kept.insert(self.last, kept);
        true
    }

    /// Removes what was acknowledged.
    pub fn remove(&mut self, token: &Token, now_ms: u64) -> Option<Message> {
        let same = self.kept.get(&token.place)?.message.subject == token.subject;
        let kept = if same { self.kept.remove(&token.place)? } else { return None };
        let message = kept.message.clone();
        self.removed.retain(|_, (at, _)| *at + UNSYNCED_MS_MAX > now_ms);
        self.removed.insert(token.place, (now_ms, kept));
        Some(message)
    }

    /// All messages by their places.
    pub fn kept(&mut self) -> impl Iterator<Item = (u64, &mut Kept)> {
        self.kept.iter_mut().map(|(place, kept)| (*place, kept))
    }

    /// When messages may be delivered, by their subjects.
    pub fn due(&self) -> impl Iterator<Item = (Subject, u64)> {
        self.kept.values().map(|kept| (kept.message.subject, kept.due_ms))
    }

    /// Messages of each subject that were delivered and wait for their acknowledgement.
    #[must_use]
    pub fn pending(&self, now_ms: u64) -> BTreeMap<Subject, usize> {
        let mut pending = BTreeMap::new();
        for kept in self.kept.values().filter(|kept| kept.deliveries > 0 && kept.due_ms > now_ms) {
            *pending.entry(kept.message.subject).or_default() += 1;
        }
        pending
    }

    /// Drops the oldest `count` messages, as `discard: old` does. How many there were.
    pub fn evict(&mut self, count: usize) -> usize {
        let oldest: Vec<u64> = self.kept.keys().take(count).copied().collect();
        oldest.iter().for_each(|place| drop(self.kept.remove(place)));
        oldest.len()
    }

    /// The server was killed: whatever was not synced since `since_ms` did not happen.
    pub fn forget(&mut self, since_ms: u64) -> Damage {
        let lost = self.kept.iter().filter(|(_, kept)| kept.stored_ms >= since_ms);
        let lost: Vec<u64> = lost.map(|(place, _)| *place).collect();
        if let Some(first) = lost.first() {
            self.last = first - 1;
        }
        lost.iter().for_each(|place| drop(self.kept.remove(place)));
        let mut returned = 0;
        for (place, (removed_ms, kept)) in std::mem::take(&mut self.removed) {
            if removed_ms >= since_ms && kept.stored_ms < since_ms {
                self.last = self.last.max(place);
                self.kept.insert(place, kept);
                returned += 1;
            }
        }
        Damage { forgotten: lost.len(), returned }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::broker::message::Class;

    const LIMITS: Limits = Limits { subject_messages_max: 2, bytes_max: 25, pending_max: 9 };

    fn message(to: usize, number: u64) -> Message {
        let subject = Subject { from: 0, to, class: Class::Envelopes };
        Message { subject, number, bytes: vec![7; 10] }
    }

    fn numbers(stream: &Stream) -> Vec<u64> {
        stream.kept.values().map(|kept| kept.message.number).collect()
    }

    #[test]
    fn an_absent_recipient_blocks_only_itself_until_the_stream_is_full() {
        let mut stream = Stream::default();
        let roomy = Limits { bytes_max: 1_000, ..LIMITS };
        assert!(stream.store(message(1, 1), 0, &roomy));
        assert!(stream.store(message(1, 2), 0, &roomy));
        assert!(!stream.store(message(1, 3), 0, &roomy), "its subject is full");
        assert!(stream.store(message(2, 4), 0, &roomy), "the other one is not");
        assert!(!stream.store(message(3, 5), 0, &LIMITS), "no room for so many bytes");
    }

    #[test]
    fn what_was_acknowledged_is_gone_and_under_another_subject_it_is_not() {
        let mut stream = Stream::default();
        assert!(stream.store(message(1, 1), 0, &LIMITS));
        let elsewhere = Token { subject: message(2, 1).subject, place: 1 };
        assert_eq!(stream.remove(&elsewhere, 1), None);
        let token = Token { subject: message(1, 1).subject, place: 1 };
        assert!(stream.remove(&token, 1).is_some());
        assert_eq!(stream.remove(&token, 2), None);
        assert_eq!(numbers(&stream), [0; 0]);
    }

    #[test]
    fn a_kill_takes_back_what_was_stored_and_what_was_removed_since_the_last_sync() {
        let mut stream = Stream::default();
        assert!(stream.store(message(1, 1), 10, &LIMITS));
        assert!(stream.store(message(1, 2), 30, &LIMITS));
        let token = Token { subject: message(1, 1).subject, place: 1 };
        assert!(stream.remove(&token, 25).is_some());
        assert_eq!(stream.forget(20), Damage { forgotten: 1, returned: 1 });
        assert_eq!(numbers(&stream), [1]);
        assert!(stream.store(message(1, 3), 40, &LIMITS));
        let again = Token { subject: message(1, 3).subject, place: 2 };
        assert_eq!(stream.remove(&again, 50).map(|found| found.number), Some(3), "a place anew");
    }
}
