//! Raw JetStream: the same bytes, one event a message, between two processes.

mod publisher;
mod taker;

use super::clock::between;
use super::part::Part;
use crate::Failure;
use crate::pair::Sample;
use publisher::Published;
use std::time::Duration;
use taker::Taken;

pub(crate) use publisher::{OUTSTANDING_MAX, play as publish};
pub(crate) use taker::{PULL, play as take};

/// The roles of its two processes.
pub(crate) const ROLES: [&str; 2] = ["publisher", "taker"];

/// Both processes, connected to one server.
#[derive(Debug)]
pub(crate) struct Raw {
    publisher: Part,
    taker: Part,
    streams: u64,
}

impl Raw {
    /// Starts both and lets them connect to the server at `url`.
    pub(crate) fn start(url: &str) -> Result<Self, Failure> {
        let [publisher, taker] = ROLES;
        let mut raw =
            Self { publisher: Part::start(publisher)?, taker: Part::start(taker)?, streams: 0 };
        let _: Published = raw.publisher.ask(&publisher::Order::Connect(url.into()))?;
        let _: Taken = raw.taker.ask(&taker::Order::Connect(url.into()))?;
        Ok(raw)
    }

    /// Moves `events` through a new stream, both processes at once: from the first that is handed
    /// to the client to the server's word that the last is acknowledged. What is published is
    /// acknowledged as well.
    pub(crate) fn carry(&mut self, events: u64) -> Result<Sample, Failure> {
        let name = self.open()?;
        self.taker.tell(&taker::Order::Take(events))?;
        let subject = name.clone();
        let published: Published =
            self.publisher.ask(&publisher::Order::Publish { subject, events })?;
        let taken: Taken = self.taker.hear()?;
        self.close(name)?;
        let ended_ns = taken.acknowledged_ns.max(published.stored_ns);
        Ok(Sample { events, took: between(published.began_ns, ended_ns) })
    }

    /// One event after the other: how long each took from the hand that published it to the hand
    /// that pulled it. The next begins when the one before was acknowledged.
    pub(crate) fn singly(&mut self, events: u64) -> Result<Vec<Duration>, Failure> {
        let name = self.open()?;
        let one = publisher::Order::Publish { subject: name.clone(), events: 1 };
        let took = (0..events).map(|_| {
            self.taker.tell(&taker::Order::Take(1))?;
            let _: Published = self.publisher.ask(&one)?;
            let taken: Taken = self.taker.hear()?;
            Ok(between(taken.stamp_ns, taken.taken_ns))
        });
        let took = took.collect::<Result<_, Failure>>()?;
        self.close(name)?;
        Ok(took)
    }

    fn open(&mut self) -> Result<String, Failure> {
        self.streams += 1;
        let name = format!("raw-{}", self.streams);
        let _: Taken = self.taker.ask(&taker::Order::Open(name.clone()))?;
        Ok(name)
    }

    fn close(&mut self, name: String) -> Result<(), Failure> {
        let _: Taken = self.taker.ask(&taker::Order::Close(name))?;
        Ok(())
    }
}
