//! From one life of a peer's log to the next.

use super::{Admission, Admitted, Inbox};
use crate::trust::door::{Content, Verified};
use crate::trust::refusal::Refusal;
use schema::hash::chain_start;
use schema::id::{Incarnation, LinkSeq};
use schema::latest::{Entry, Event, Record};

impl Inbox {
    /// An envelope of another life than the one that is followed. It is the next one if its first
    /// entry says so and names what both know of the one before; a life that is over is over.
    pub(super) fn succeed(&self, followed: Incarnation, verified: &Verified) -> Admission {
        let header = verified.header();
        let unknown = Admission::Refused(Refusal::UnknownIncarnation);
        let Content::Entries(entries) = verified.content() else { return unknown };
        let over = self.retired.iter().any(|(life, _)| *life == header.incarnation);
        let began = entries.first().and_then(|carried| {
            let entry = Entry::read(&carried.entry).ok()?;
            match entry.event() {
                Ok(Event::IncarnationBegan(began)) => Some(began),
                _ => None,
            }
        });
        let Some(began) = began.filter(|began| {
            !over && header.first == LinkSeq(1) && began.incarnation == header.incarnation
        }) else {
            return unknown;
        };
        let Some(past) = began.lives.iter().find(|life| life.incarnation == followed) else {
            return unknown;
        };
        let incarnation = header.incarnation;
        let start = chain_start(&self.origin, &self.recipient, &self.link, &incarnation);
        if header.chain_before != start {
            return Admission::Refused(Refusal::BrokenChain);
        }
        // What the origin has kept must be what it said. What it lost is not denied by that.
        if self.chain_at(past.at).is_some_and(|chain| chain != past.chain) {
            return Admission::Contradiction(past.at, Box::new(verified.clone()));
        }
        let mut records = vec![Record::Evidence(verified.evidence().clone())];
        for (number, carried) in (1..).map(LinkSeq).zip(entries) {
            records.push(Record::Mirrored(self.mirrored(incarnation, number, carried)));
        }
        Admission::Admitted(Admitted { records })
    }
}
