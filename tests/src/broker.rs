//! A broker between sites, with the traits of a JetStream server: it stores envelopes and pieces
//! until their recipient has acknowledged them, delivers again what was not acknowledged in time,
//! denies what does not fit, and passes signals on to whoever listens.

pub mod damage;
pub mod message;
pub mod stream;
pub mod trouble;

use crate::chance::Chance;
use crate::faults::Faults;
use message::{Class, Message, Subject, Token};
use std::collections::{BTreeMap, BTreeSet};
use stream::{Limits, Stream};
use trouble::Trouble;

/// After this long a message that was delivered and not acknowledged is delivered again, in
/// milliseconds.
const ACK_WAIT_MS: u64 = 5_000;

/// Stored messages that somebody remembers, to replay them.
const REMEMBERED_MAX: usize = 64;

/// How well a broker and its clients do their work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Manners {
    /// Longest way to the broker or from it, in milliseconds.
    pub delay_ms_max: u64,
    /// Of a hundred publishes so many time out, and nothing was stored.
    pub lost_percent: u64,
    /// Of a hundred publishes so many time out, were stored, and are made again.
    pub twice_percent: u64,
    /// Of a hundred acknowledgements so many are lost.
    pub ack_lost_percent: u64,
    /// Of a hundred acknowledgements so many come when the message may be delivered again.
    pub ack_late_percent: u64,
    /// Of a hundred deliveries so many have a bit turned.
    pub corrupt_percent: u64,
    /// What a stream has room for.
    pub limits: Limits,
}

impl Manners {
    /// Everything is stored once and delivered once, soon.
    pub const GOOD: Self = Self {
        delay_ms_max: 5,
        lost_percent: 0,
        twice_percent: 0,
        ack_lost_percent: 0,
        ack_late_percent: 0,
        corrupt_percent: 0,
        limits: Limits {
            subject_messages_max: 10_000,
            bytes_max: 64 * 1024 * 1024,
            pending_max: 1_000,
        },
    };
}

/// What the broker says to a site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivered {
    /// To whom.
    pub to: usize,
    /// The envelope.
    pub bytes: Vec<u8>,
    /// What is acknowledged once it is durable; nothing for a signal.
    pub token: Option<Token>,
}

/// What a careless sender may take for delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Confirmed {
    /// The broker has stored this message.
    Stored(Message),
    /// The recipient has acknowledged this message to the broker.
    Removed(Message),
}

/// Something on its way.
#[derive(Debug)]
enum Event {
    Published(Message),
    Passed(Message, Option<u64>),
    Acknowledged(Token),
}

/// The broker.
#[derive(Debug)]
pub struct Broker {
    /// How well it works now.
    pub manners: Manners,
    /// What keeps sites from it.
    pub trouble: Trouble,
    /// What it confirmed, if anybody wants to know.
    pub confirmed: Option<Vec<Confirmed>>,
    streams: BTreeMap<usize, Stream>,
    subjects: BTreeSet<Subject>,
    on_the_way: BTreeMap<(u64, u64), Event>,
    /// Counts messages and what is on its way.
    count: u64,
    /// A connection keeps the order: the latest arrival on each way.
    latest_ms: BTreeMap<(bool, Subject), u64>,
    /// The newest message that arrived in each direction.
    newest: BTreeMap<(usize, usize), (u64, Class)>,
    remembered: Vec<Message>,
}

impl Default for Broker {
    fn default() -> Self {
        Self {
            manners: Manners::GOOD,
            trouble: Trouble::default(),
            confirmed: None,
            streams: BTreeMap::new(),
            subjects: BTreeSet::new(),
            on_the_way: BTreeMap::new(),
            count: 0,
            latest_ms: BTreeMap::new(),
            newest: BTreeMap::new(),
            remembered: Vec::new(),
        }
    }
}

impl Broker {
    /// A client publishes an envelope.
    pub fn publish(
        &mut self,
        (from, to): (usize, usize),
        bytes: Vec<u8>,
        now_ms: u64,
        chance: &mut Chance,
        faults: &mut Faults,
    ) {
        if let Some(wrong) = self.trouble.from_site(from, now_ms) {
            faults.count(wrong.kind());
            return;
        }
        let subject = Subject { from, to, class: Class::of(&bytes) };
        self.subjects.insert(subject);
        self.count += 1;
        let message = Message { subject, number: self.count, bytes };
        if subject.class.is_stored() {
            if chance.percent(self.manners.lost_percent) {
                faults.count("broker_timed_out");
                return;
            }
            if chance.percent(self.manners.twice_percent) {
                faults.count("broker_stored_twice");
                let at_ms = now_ms + 1_000 + chance.below(ACK_WAIT_MS);
                self.send(at_ms, Event::Published(message.clone()));
            }
        }
        let at_ms = self.later(true, subject, now_ms, chance);
        self.send(at_ms, Event::Published(message));
    }

    /// A recipient acknowledges a message.
    pub fn acknowledge(
        &mut self,
        token: Token,
        now_ms: u64,
        chance: &mut Chance,
        faults: &mut Faults,
    ) {
        if let Some(wrong) = self.trouble.from_site(token.subject.to, now_ms) {
            faults.count(wrong.kind());
            return;
        }
        if chance.percent(self.manners.ack_lost_percent) {
            faults.count("broker_ack_lost");
            return;
        }
        let late = chance.percent(self.manners.ack_late_percent);
        let wait_ms = if late { ACK_WAIT_MS + chance.below(ACK_WAIT_MS) } else { 0 };
        let at_ms = now_ms + wait_ms + 1 + chance.below(self.manners.delay_ms_max);
        self.send(at_ms, Event::Acknowledged(token));
    }

    /// Lets happen what happens by `now_ms`, and tells what reaches the sites that are up.
    pub fn advance(
        &mut self,
        now_ms: u64,
        up: &[bool],
        chance: &mut Chance,
        faults: &mut Faults,
    ) -> Vec<Delivered> {
        let mut delivered = Vec::new();
        loop {
            self.trouble.make_again(up, now_ms);
            self.pull(now_ms, up, chance, faults);
            let next = self.on_the_way.first_entry().filter(|event| event.key().0 <= now_ms);
            match next.map(std::collections::btree_map::OccupiedEntry::remove) {
                None => return delivered,
                Some(Event::Published(message)) => self.take(message, now_ms, chance, faults),
                Some(Event::Acknowledged(token)) => self.remove(&token, now_ms),
                Some(Event::Passed(message, place)) => {
                    delivered.extend(self.pass(message, place, now_ms, up, chance, faults));
                }
            }
        }
    }

    /// When something happens here by itself.
    #[must_use]
    pub fn deadline_ms(&self, now_ms: u64, up: &[bool]) -> Option<u64> {
        let open = |subject: &Subject| self.is_open(subject, up, now_ms);
        let due = self.streams.values().filter_map(|stream| {
            let pending = stream.pending(now_ms);
            let full = |many: &usize| *many >= self.manners.limits.pending_max;
            let due = stream.due().filter(|(subject, at)| {
                open(subject) && (*at > now_ms || !pending.get(subject).is_some_and(full))
            });
            due.map(|(_, at)| at).min()
        });
        let first = self.on_the_way.first_key_value().map(|((at, _), _)| *at);
        due.chain(first).chain(self.trouble.deadline_ms(now_ms)).min()
    }

    /// Whether messages of a subject can be pulled.
    fn is_open(&self, subject: &Subject, up: &[bool], now_ms: u64) -> bool {
        let heard = || self.trouble.from_site(subject.to, now_ms).is_none();
        up[subject.to] && self.trouble.has_consumer(subject) && heard()
    }

    fn send(&mut self, at_ms: u64, event: Event) {
        self.count += 1;
        self.on_the_way.insert((at_ms, self.count), event);
    }

    fn later(&mut self, away: bool, subject: Subject, now_ms: u64, chance: &mut Chance) -> u64 {
        let at_ms = now_ms + 1 + chance.below(self.manners.delay_ms_max);
        let latest_ms = self.latest_ms.entry((away, subject)).or_default();
        *latest_ms = at_ms.max(*latest_ms);
        *latest_ms
    }

    /// The broker stores a message or passes it on.
    fn take(&mut self, message: Message, now_ms: u64, chance: &mut Chance, faults: &mut Faults) {
        let subject = message.subject;
        if !subject.class.is_stored() {
            let at_ms = self.later(false, subject, now_ms, chance);
            self.send(at_ms, Event::Passed(message, None));
            return;
        }
        if !self.trouble.has_stream(subject.from) {
            faults.count("broker_streamless");
            return;
        }
        let stream = self.streams.entry(subject.from).or_default();
        if !stream.store(message.clone(), now_ms, &self.manners.limits) {
            faults.count("broker_full");
            return;
        }
        self.remember(&message, chance);
        if let Some(confirmed) = &mut self.confirmed {
            confirmed.push(Confirmed::Stored(message));
        }
    }

    fn remember(&mut self, message: &Message, chance: &mut Chance) {
        if self.remembered.len() < REMEMBERED_MAX {
            self.remembered.push(message.clone());
        } else if chance.percent(25) {
            let at = chance.index(REMEMBERED_MAX);
            self.remembered[at] = message.clone();
        }
    }

    fn remove(&mut self, token: &Token, now_ms: u64) {
        let stream = self.streams.get_mut(&token.subject.from);
        let removed = stream.and_then(|stream| stream.remove(token, now_ms));
        if let (Some(confirmed), Some(message)) = (&mut self.confirmed, removed) {
            confirmed.push(Confirmed::Removed(message));
        }
    }

    /// Recipients that can pull what is due.
    fn pull(&mut self, now_ms: u64, up: &[bool], chance: &mut Chance, faults: &mut Faults) {
        let open: BTreeSet<Subject> =
            self.subjects.iter().filter(|at| self.is_open(at, up, now_ms)).copied().collect();
        let mut pulled = Vec::new();
        for stream in self.streams.values_mut() {
            let mut pending = stream.pending(now_ms);
            for (place, kept) in stream.kept() {
                let subject = kept.message.subject;
                let many = pending.entry(subject).or_default();
                let room = *many < self.manners.limits.pending_max;
                if kept.due_ms > now_ms || !room || !open.contains(&subject) {
                    continue;
                }
                *many += 1;
                kept.due_ms = now_ms + ACK_WAIT_MS;
                kept.deliveries += 1;
                if kept.deliveries > 1 {
                    faults.count("broker_redelivered");
                }
                pulled.push((place, kept.message.clone()));
            }
        }
        for (place, message) in pulled {
            let at_ms = self.later(false, message.subject, now_ms, chance);
            self.send(at_ms, Event::Passed(message, Some(place)));
        }
    }

    /// A message reaches its recipient, or nobody.
    fn pass(
        &mut self,
        mut message: Message,
        place: Option<u64>,
        now_ms: u64,
        up: &[bool],
        chance: &mut Chance,
        faults: &mut Faults,
    ) -> Option<Delivered> {
        let Subject { from, to, class } = message.subject;
        if let Some(wrong) = self.trouble.to_site(to, now_ms) {
            faults.count(wrong.kind());
            return None;
        }
        if !up[to] {
            if place.is_none() {
                faults.count("broker_signal_lost");
            }
            return None;
        }
        let newest = self.newest.entry((from, to)).or_insert((0, class));
        if newest.0 > message.number && newest.1 != class {
            faults.count("broker_overtaken");
        }
        *newest = (*newest).max((message.number, class));
        if chance.percent(self.manners.corrupt_percent) && !message.bytes.is_empty() {
            faults.count("corrupted");
            let at = chance.index(message.bytes.len());
            message.bytes[at] ^= 1 << chance.below(8);
        }
        let token = place.map(|place| Token { subject: message.subject, place });
        Some(Delivered { to, bytes: message.bytes, token })
    }
}
